"""The vendor of a run: the twin's core on virtual time, its companies, and the people who work in them."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.clock import SeededIds
from sandbox.lexoffice.faults import Fault
from sandbox.lexoffice.oauth import grants
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.state import Client, Connection
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Outcome, Request
from tests.simulation.surroundings import BEGIN

if TYPE_CHECKING:
    from tests.simulation.network import Passage
    from tests.simulation.world import World

CLIENT = Client(id="simulated-client", secret="simulated-client-secret-0123456789", name="Simulation")
REDIRECT = "http://127.0.0.1/auth/callback/lexoffice-sandbox"
MARK = re.compile(rb"~[a-z]+-[0-9]+-[0-9]+~")
"""What every text of the simulation carries, so that a document tells whose it is and by which request."""


class VendorClock:
    """The twin's clock: whole milliseconds of the loop's time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def now(self) -> datetime:
        return BEGIN + timedelta(milliseconds=int(self._loop.time() * 1000))

    def advance(self, seconds: float) -> None:
        raise NotImplementedError("time goes by itself")


class Company(Struct, eq=False):
    """One organization, and how the gateway reaches it."""

    id: str
    api_key: str
    grant: Connection | None
    """What the end customer has granted; None where an API key is used."""
    hand_key: str
    """A key of the people who work there; the gateway never has it."""


class Vendor:
    """Answers calls, and lets people do by hand what they do."""

    def __init__(self, world: "World") -> None:
        self._world = world
        quirks = Quirks(list_lag_s=world.faults.lag_s, read_lag_s=min(world.faults.lag_s / 60, 1.5))
        self.twin = Twin(VendorClock(), SeededIds(f"{world.seed}/vendor"), quirks)
        self.client = self.twin.register_client(Client(id=CLIENT.id, secret=CLIENT.secret, name=CLIENT.name))
        self.companies: list[Company] = []

    def company(self, name: str, *, oauth: bool) -> Company:
        """A new one."""
        made = self.twin.create_organization(name)
        company = Company(
            id=made.id,
            api_key=self.twin.create_api_key(made.id),
            grant=None,
            hand_key=self.twin.create_api_key(made.id),
        )
        if oauth:
            self.grant(company)
        self.companies.append(company)
        return company

    def grant(self, company: Company) -> Connection:
        """The end customer consents, for the first time or again."""
        code = grants.issue_code(
            self.twin,
            self.client,
            self.twin.world.organizations[company.id],
            redirect_uri=REDIRECT,
            scopes=frozenset(self.client.scopes),
            challenge=None,
            connection_name="Simulation",
        )
        made = grants.redeem(self.twin, self.client, value=code.value, redirect_uri=REDIRECT, verifier="")
        company.grant = made
        return made

    def answer(self, call: "Passage") -> Outcome:
        """What the vendor makes of a call, and the accident that befalls it there."""
        fate = call.fate
        if fate is not None and fate.kind != "lost_after":
            kind = fate.kind
            assert kind not in ("refused", "unreachable", "lost_before")
            self.twin.faults.add(Fault(kind=kind, status=fate.status, seconds=fate.seconds))
        outcome = self.twin.handle(call.request)
        self._world.truth.reached(call, outcome)
        return outcome

    # --- by hand --------------------------------------------------------------------------------------------

    def by_hand(self, company: Company, method: str, path: str, body: dict[str, object]) -> None:
        """As the company's own people in the vendor's app: no limit, no accident."""
        headers = {"authorization": f"Bearer {company.hand_key}", "content-type": "application/json"}
        request = Request(method, path, (), headers, jsontext.encode(body))
        limited, self.twin.quirks.rate_limit = self.twin.quirks.rate_limit, False
        reply = self.twin.handle(request).reply
        self.twin.quirks.rate_limit = limited
        assert reply.status < 300, (path, reply.status, reply.body)
        self._world.trace.note("hand", f"{method} {path}")
        self._world.truth.by_hand(company)

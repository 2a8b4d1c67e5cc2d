"""What must hold, checked as things happen. The vendor's ledger decides, never the gateway's own word."""

from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from msgspec import Struct, field

from sandbox.lexoffice.state import Connection
from sandbox.lexoffice.wire import Outcome, Request
from tests.simulation.vendor import MARK, Company

if TYPE_CHECKING:
    from tests.simulation.network import Passage
    from tests.simulation.processes import Answer, Process
    from tests.simulation.world import World

CREATED = ("documents", "contacts")
DEFINITE = frozenset((*range(200, 300), *(status for status in range(400, 500) if status != 408)))
"""Statuses that tell what became of a write."""
SETTLED_S = 15.0
"""How long after a change at the vendor the gateway may still go by what it knew, a token call included."""
RETRIES_SHARE, RETRIES_FLOOR = 0.2, 3
"""So many of the calls under way in a process may be retries; a few always may."""
LOOKS = 8
"""Calls of a process that no caller is behind, at most: looks after writes."""
NOT_RETRIED = (401, 429)
"""Statuses after which a call that is repeated is no retry: nothing has failed."""
SERVED_S = 1800.0
"""How long after an outage of the vendor the last who waited for it is served."""
LONGEST_S = 20.0
"""What an answer may take beyond the request's own deadline: a call under way ends by its own timeout."""


class Break(Exception):
    """An invariant does not hold."""


class Write(Struct, eq=False, kw_only=True):
    """One thing a caller wants done once, however often it asks."""

    mark: str
    tenant: str
    company: Company
    what: str
    """`invoices` or `customers`."""
    booked: list[str] = field(default_factory=list)
    """Ids in the vendor's ledger."""
    told: str | None = None
    """The id that a caller was told with a success."""
    refused: str | None = None
    """The code of a final refusal."""
    unheard: bool = False
    """A call has left for it, and no answer that tells has come."""
    interrupted: bool = False
    """A process died, froze or could not write while it was at it."""
    looked_for: bool = False
    """Its outcome was rightly called unknown, and nothing final was told since."""
    sent: bytes = b""
    """What left for it last."""
    at: list["Process"] = field(default_factory=list)
    """Where it is being carried out now."""

    @property
    def doubt(self) -> bool:
        """Whether the gateway may be unable to know the outcome."""
        return self.unheard or self.interrupted or self.looked_for


class Watched(Struct, eq=False, kw_only=True):
    """A grant of a rotating refresh token, and whether anything excuses its loss."""

    company: Company
    connection: str
    """Ours."""
    excused: bool = False
    unstored: tuple["Process", int] | None = None
    """The process that has heard the newest tokens, and the stored generation then."""


class Reading(Struct, eq=False, kw_only=True):
    """A read of one thing that nobody else reads, in the process that was asked."""

    process: "Process"
    status: int | None = None
    """Of its last call's answer."""
    over_at: float | None = None
    """When its last call had come to its end."""
    active: int = 0
    """Calls that may have been under way in the process by then."""
    retried_at: float | None = None
    """When it failed for the first time, if it has been tried again since."""


class Truth:
    """The invariants of a run. Whatever breaks one ends the run."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.writes: dict[str, Write] = {}
        self.watched: dict[str, Watched] = {}
        """By the vendor's id of the grant."""
        self.secrets: dict[bytes, None] = {}
        self.unhealthy_until: dict[str, float] = {}
        """Until when a company's connection may be refused; for ever after a loss that is excused."""
        self.readings: dict[str, Reading] = {}
        """By the id of what is read."""
        self._over_limit_until = -1.0
        self._seen: dict[tuple[str, str], int] = {}
        self._revoked_by_hand: set[str] = set()
        self._made_by_hand: set[str] = set()
        self.checks = 0

    # --- as things happen -----------------------------------------------------------------------------------

    def tried(self, call: "Passage") -> None:
        """A process tries to reach the vendor. What has failed before is tried again within a budget."""
        reading = self._reading(call)
        if reading is None or reading.over_at is None or reading.status in NOT_RETRIED:
            return
        if reading.retried_at is not None:
            return
        failed_at = reading.retried_at = reading.over_at
        times = [other.retried_at for other in self.readings.values() if other.process is reading.process]
        before = sum(at is not None and at < failed_at for at in times)
        if before >= max(RETRIES_FLOOR, RETRIES_SHARE * reading.active):
            self._broken(f"{before + 1} reads are tried again at once, of {reading.active}")

    def over(self, call: "Passage") -> None:
        """Whatever came of it."""
        reading = self._reading(call)
        if reading is not None:
            undecided = sum(write.told is None and write.refused is None for write in self.writes.values())
            reading.active = reading.process.asked + undecided + LOOKS
            reading.over_at = self._world.now
            reading.status = call.outcome.reply.status if call.outcome else None

    def served(self, answer: "Answer | None", since: float) -> None:
        """What somebody was told who waited through an outage that was over `since`."""
        if self._world.now > since + SERVED_S:
            told = "nothing" if answer is None else f"{answer.status} {code(answer)}"
            self._broken(f"who waited through an outage was not served for long: {told}")

    def left(self, call: "Passage") -> None:
        """A call is on its way."""
        write = self._of(call.request)
        if write is not None:
            write.unheard, write.sent = True, call.request.body

    def heard(self, call: "Passage") -> None:
        """A process has an answer's head, and will have its body unless that is cut."""
        outcome = call.outcome
        assert outcome is not None
        whole = outcome.cut is None and not call.is_("truncate")
        write = self._of(call.request)
        if write is not None and whole and outcome.reply.status in DEFINITE:
            write.unheard = False
        if call.request.path == "/oauth2/token" and whole and outcome.reply.status == 200:
            self._told_tokens(call, outcome)

    def reached(self, call: "Passage", outcome: Outcome) -> None:
        """The vendor has dealt with a call."""
        request = call.request
        if request.path == "/oauth2/token":
            self._rotated()
        elif outcome.reply.status == 429 and call.fate is None:
            self._over_limit(request)
        if request.path.startswith("/v1/"):
            self._used(request)
        if request.method == "POST":
            self._booked(request)

    def by_hand(self, company: Company) -> None:
        """Somebody has made or deleted something in the vendor's app."""
        self._made_by_hand.update(self._count(company.id))

    def died(self, process: "Process") -> None:
        """What it was at is in doubt."""
        self._interrupted(process)

    def froze(self, process: "Process") -> None:
        self._interrupted(process)
        self._over_limit_until = float("inf")

    def thawed(self) -> None:
        """What it had ready leaves now, and slots given meanwhile are spent at the same time."""
        self._over_limit_until = self._world.now + 3.0

    def outage(self) -> None:
        """The database or Redis is away."""
        for write in self.writes.values():
            write.interrupted |= bool(write.at)
        for watched in self.watched.values():
            watched.excused |= self._still_unstored(watched)

    def granted(self, company: Company, connection: str) -> None:
        """A grant is the gateway's from now on."""
        assert company.grant is not None
        self.watched[company.grant.id] = Watched(company=company, connection=connection)
        self._keep_secret(company.grant)

    def disturbed(self, company: Company) -> None:
        """A token of it died at the vendor: until the next has come, or died too, a call may fail."""
        until = self._world.now + SETTLED_S
        self.unhealthy_until[company.id] = max(until, self.unhealthy_until.get(company.id, 0.0))

    def revoked(self, grant: Connection) -> None:
        """By the end customer."""
        self._revoked_by_hand.add(grant.id)

    # --- answers --------------------------------------------------------------------------------------------

    def answered(self, tenant: str, answer: "Answer", seconds: float, gives: str | None = None) -> None:
        """What every answer must be. `gives`: a secret that this one is for."""
        self.checks += 1
        if answer.status == 500:
            self._broken(f"an answer is 500: {code(answer)}")
        if seconds > self._world.settings.deadline_s + LONGEST_S and not self._world.was_frozen:
            self._broken(f"an answer took {seconds:.1f} s")
        kind = answer.headers.get("content-type", "")
        if answer.status >= 400 and not kind.startswith("application/problem+json"):
            self._broken(f"an error is {kind or 'nothing'}, not a problem")
        for mark in MARK.findall(answer.body):
            if not mark.startswith(b"~" + tenant.encode() + b"-"):
                self._broken(f"{tenant} was shown {mark.decode()}")
        self._demand_no_secret(answer, gives)

    def concluded(self, write: Write, answer: "Answer", *, doubt: bool) -> None:
        """An answer to a write, as far as it says what became of it. `doubt`: of before it was asked."""
        if 200 <= answer.status < 300:
            id = msgspec.json.decode(answer.body)["data"]["id"]
            if id not in write.booked:
                self._broken(f"{write.mark} was answered with {id}, and the ledger has {write.booked}")
            if write.told not in (None, id):
                self._broken(f"{write.mark} was answered with {write.told}, then with {id}")
            write.told, write.looked_for = id, False
        elif code(answer) == "outcome_unknown":
            if not (write.doubt or doubt):
                self._broken(f"{write.mark} has an unknown outcome, and nothing was in doubt")
            write.looked_for = write.told is None and write.refused is None
        elif code(answer) == "idempotency_key_reused":
            self._broken(f"{write.mark}: its key was never used for anything else")
        elif answer.status == 422:
            write.refused, write.looked_for = code(answer), False
        elif code(answer) == "written_not_read":
            write.looked_for = False
            write.told = self._told_without_reading(write, answer)

    def ended(self, write: Write, answer: "Answer | None") -> None:
        """The last answer to a write, long after the last fault."""
        last = "nothing" if answer is None else code(answer)
        final = write.told is not None or write.refused is not None
        if final or self._ends_here(write, answer):
            return
        self._broken(f"{write.mark} never ended: {last}")

    def _ends_here(self, write: Write, answer: "Answer | None") -> bool:
        """Whether a person has to do something first: to decide, or to connect again."""
        if answer is None or code(answer) not in ("outcome_unknown", "reconnect_required"):
            return False
        if msgspec.json.decode(answer.body).get("state") == "needs_decision":
            return write.doubt
        return not self.healthy(write.company)

    def usable(self, company: Company, answer: "Answer | None", began: float) -> None:
        """A connection that was used long after the last fault."""
        if self.healthy(company) and (answer is None or answer.status != 200):
            told = "nothing" if answer is None else f"{answer.status} {code(answer)}"
            self._broken(f"a healthy connection is not usable at the end: {told}")

    def reused(self, write: Write, answer: "Answer | None") -> None:
        """The answer to a key that came again with another payload."""
        if answer is not None and 200 <= answer.status < 300:
            self._broken(f"{write.mark}: its key with other lines was answered {answer.status}")

    def refused_as_stale(self, answer: "Answer | None") -> None:
        if answer is not None and 200 <= answer.status < 300:
            self._broken("a change under a version that is gone was taken")

    def kept_out(self, answer: "Answer | None") -> None:
        """The answer to another tenant's account key."""
        if answer is not None and code(answer) not in ("unknown_connection", "unavailable"):
            self._broken(f"another tenant's account key was answered {answer.status} {code(answer)}")

    def lost_by_hand(self, company: Company, connection: str) -> None:
        """A new grant that perhaps no process has stored: the customer may have to consent again."""
        assert company.grant is not None
        self.watched[company.grant.id] = Watched(company=company, connection=connection, excused=True)

    def long_after(self) -> None:
        """Nothing is under way any more, and unknown is only what nobody can look at."""
        links = (link for tenant in self._world.tenants for link in tenant.links)
        healthy = {link.connection for link in links if self.healthy(link.company)}
        open_states = "('reserved', 'sent', 'unknown')"
        statement = f"SELECT id, state, connection_id FROM write_journal WHERE state IN {open_states}"
        for id, state, connection_id in self._world.server.look(statement):
            if state != "unknown" or connection_id in healthy:
                self._broken(f"{id} is still {state}")

    def demand_unhealthy(self, company: Company, began: float) -> None:
        """A connection was refused for lack of consent."""
        if began > self.unhealthy_until.get(company.id, -1.0) and self.healthy(company):
            self._broken("a healthy connection was refused for lack of consent")

    def healthy(self, company: Company) -> bool:
        """Whether the vendor would take the gateway's calls, as far as that is the gateway's doing."""
        if company.grant is None:
            return True
        return not company.grant.revoked and not self.watched[company.grant.id].excused

    def check(self) -> None:
        """After each step at the vendor."""
        self.checks += 1
        for grant_id, watched in self.watched.items():
            grant = self._world.vendor.twin.world.connections[grant_id]
            if grant.revoked and grant_id not in self._revoked_by_hand and not watched.excused:
                self._broken("a rotating token was burnt")

    def finally_(self) -> None:
        """When all is over: the ledger holds what was answered, once, and nothing else."""
        world = self._world.vendor.twin.world
        found: dict[str, list[str]] = {}
        for company in self._world.vendor.companies:
            organization = world.organizations[company.id]
            for id, body in (
                *((id, str(document.body)) for id, document in organization.documents.items()),
                *((id, str(contact.body)) for id, contact in organization.contacts.items()),
            ):
                marks = set() if id in self._made_by_hand else set(MARK.findall(body.encode()))
                for mark in marks:
                    found.setdefault(mark.decode(), []).append(id)
        for mark, write in self.writes.items():
            ids = found.pop(mark, [])
            if len(ids) > 1:
                self._broken(f"{mark} is in the ledger {len(ids)} times")
            if write.told is not None and ids != [write.told]:
                self._broken(f"{mark} was answered with {write.told}, and the ledger has {ids}")
            if write.refused is not None and ids:
                self._broken(f"{mark} was refused ({write.refused}), and the ledger has {ids}")

    def _broken(self, what: str) -> NoReturn:
        """End the run, wherever it is noticed: in a task of the gateway an error alone would be answered."""
        error = Break(what)
        self._world.broke(error)
        raise error

    def _told_without_reading(self, write: Write, answer: "Answer") -> str:
        if not write.booked or write.booked[0].encode() not in answer.body:
            self._broken(f"{write.mark} is told to be written, and the ledger has {write.booked}")
        return write.booked[0]

    # --- within ---------------------------------------------------------------------------------------------

    def _reading(self, call: "Passage") -> Reading | None:
        reading = self.readings.get(call.request.path.rpartition("/")[2])
        return reading if reading is not None and reading.process is call.process else None

    def _of(self, request: Request) -> Write | None:
        if request.method != "POST":
            return None
        mark = MARK.search(request.body)
        return self.writes.get(mark.group().decode()) if mark else None

    def _booked(self, request: Request) -> None:
        """Whether the call has made anything, and whose it is."""
        made = [
            (company.id, id) for company in self._world.vendor.companies for id in self._count(company.id)
        ]
        write = self._of(request)
        for company_id, id in made:
            if write is None:
                continue
            if company_id != write.company.id:
                self._broken(f"{write.mark} was booked in another company's books")
            write.booked.append(id)
            if len(write.booked) > 1:
                self._broken(f"{write.mark} was booked {len(write.booked)} times")

    def _count(self, company_id: str) -> list[str]:
        """Ids that are new in a company's books."""
        organization = self._world.vendor.twin.world.organizations[company_id]
        new: list[str] = []
        for name in CREATED:
            held: dict[str, Any] = getattr(organization, name)
            before = self._seen.get((company_id, name), 0)
            if len(held) > before:
                new += list(held)[before - len(held) :]
            self._seen[company_id, name] = len(held)
        return new

    def _interrupted(self, process: "Process") -> None:
        for write in self.writes.values():
            write.interrupted |= process in write.at
        for watched in self.watched.values():
            if watched.unstored is not None and watched.unstored[0] is process:
                watched.excused |= self._still_unstored(watched)

    def _over_limit(self, request: Request) -> None:
        if self._world.now > self._over_limit_until:
            self._broken(f"the vendor's limit was exceeded by {request.method} {request.path}")

    def _rotated(self) -> None:
        """Until a process has heard the new tokens, nobody can be blamed for not having them."""
        for grant_id, watched in self.watched.items():  # the former one, too, until the newer is stored
            grant = self._world.vendor.twin.world.connections[grant_id]
            if (grant.refresh_token or "").encode() not in self.secrets:
                self._keep_secret(grant)
                watched.excused = True

    def _told_tokens(self, call: "Passage", outcome: Outcome) -> None:
        token = outcome.reply.json()["refresh_token"]
        for grant_id, watched in self.watched.items():
            grant = self._world.vendor.twin.world.connections[grant_id]
            if grant.refresh_token == token and not grant.revoked:  # who was frozen hears of it too late
                watched.excused = False
                watched.unstored = call.process, self._generation(watched)

    def _used(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        for grant_id, watched in self.watched.items():
            if self._world.vendor.twin.world.connections[grant_id].access_token == token:
                if self._still_unstored(watched):
                    self._broken("a rotated token was used before it was stored")
                watched.unstored = None

    def _still_unstored(self, watched: Watched) -> bool:
        return watched.unstored is not None and self._generation(watched) == watched.unstored[1]

    def _generation(self, watched: Watched) -> int:
        statement = "SELECT generation FROM credentials WHERE connection_id = ?"
        return self._world.server.look(statement, watched.connection)[0][0]

    def _keep_secret(self, grant: Connection) -> None:
        self.secrets[(grant.refresh_token or "").encode()] = None
        self.secrets[(grant.access_token or "").encode()] = None

    def _demand_no_secret(self, answer: "Answer", gives: str | None) -> None:
        told = answer.body + repr(answer.headers).encode()
        for secret in self.secrets:
            if secret and secret in told and secret.decode() != gives:
                self._broken("a secret stands in an answer")


def code(answer: "Answer") -> str:
    """The constant name of an error; empty for a success."""
    return msgspec.json.decode(answer.body).get("code", "") if answer.status >= 400 else ""

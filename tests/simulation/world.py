"""One run: a vendor, a database, a few gateways and their callers, from one seed to its outcome."""

import asyncio
import contextvars
from collections.abc import Container
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectors.base.connector import Identity
from gateway.credentials.grants import Grant
from gateway.jobs.engine import Upkeep
from gateway.settings import Settings
from gateway.tenants.model import SCOPES
from gateway.wiring import build_upkeep
from tests.simulation import loop as virtual
from tests.simulation.callers import Caller, Link, Tenant
from tests.simulation.chance import Chance
from tests.simulation.crowd import Crowd
from tests.simulation.database import Server
from tests.simulation.faults import Faults
from tests.simulation.people import People
from tests.simulation.planted.bug import NOTHING, Planted
from tests.simulation.processes import Process, current
from tests.simulation.schedule import Shared
from tests.simulation.trace import Trace
from tests.simulation.truth import Truth
from tests.simulation.vendor import CLIENT, Company, Vendor

PROCESSES = 2
NAMES = ("anna", "bert")
TARGET = "lexoffice-sandbox"
DATABASE, KEYS = "run.db", "vault.json"
SWEPT_S = 200.0
"""After so long whatever was left lying has been taken up: leases are over, upkeep came round."""
LONG_AFTER_S = 7200.0
"""How long everything has time to come to its end once the faults are over."""


class World:
    """Everything of one run."""

    vendor_of: type[Vendor] = Vendor

    def __init__(
        self, seed: int, directory: Path, planted: Planted = NOTHING, only: Container[str] | None = None
    ) -> None:
        """`directory` holds the key file and the run's own database."""
        running = asyncio.get_running_loop()
        assert isinstance(running, virtual.VirtualLoop)
        self.seed = seed
        self.planted = planted
        self.faults = Faults(seed, PROCESSES, only)
        self.faults.off = True
        self.trace = Trace(running)
        self.context = contextvars.copy_context()
        self.operations = self.calls = 0
        self.was_frozen = False
        self.tenants: list[Tenant] = []
        self.server = Server(directory / DATABASE)
        self.redis = Shared()
        self.truth = Truth(self)
        self.vendor = self.vendor_of(self)
        self.settings = Settings(
            data_dir=str(directory),
            public_url="http://127.0.0.1:8080",
            database_url="postgresql+psycopg://simulated",
            vault_key_file=str(directory / KEYS),
            twin_url="http://twin.test",
            request_limit=0,
            deadline_s=Chance(seed, "settings").one_of((30.0, 100.0)),
        )
        self.processes = [
            Process(self, index, tuple(blow for blow in self.faults.blows if blow.process == index))
            for index in range(PROCESSES)
        ]
        self._chance = Chance(seed, "world")
        self._broken: asyncio.Future[None] = running.create_future()
        running.set_exception_handler(self._unforeseen)

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def at_work(self) -> Process:
        return current.get()

    def broke(self, error: BaseException) -> None:
        """The first break ends the run."""
        if not self._broken.done():
            self._broken.set_exception(error)

    def crash(self, process: Process) -> None:
        """Now, and it is started again a moment later."""
        running = asyncio.get_running_loop()
        running.call_soon(process.kill, context=self.context)
        running.call_later(self._chance.uniform(0.1, 4.0), self._restart, process, context=self.context)

    def _restart(self, process: Process) -> None:
        if not process.up:
            process.start()

    # --- the run --------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Raises Break."""
        try:
            living = asyncio.ensure_future(self._live())
            await asyncio.wait((living, self._broken), return_when=asyncio.FIRST_COMPLETED)
            if self._broken.done():
                living.cancel()
                await asyncio.gather(living, return_exceptions=True)
                self._broken.result()
            living.result()
        finally:
            for process in self.processes:
                process.kill()
            await asyncio.sleep(0)
            if self._broken.done():
                self._broken.exception()
            self.server.close()

    async def _live(self) -> None:
        for process in self.processes:
            process.start()
        await self.processes[0].run(self._founded)
        callers = [Caller(self, tenant, number) for tenant in self.tenants for number in (1, 2)]
        people = People(self)
        self.faults.off = False
        outages = [asyncio.ensure_future(self._outage(outage)) for outage in self.faults.outages]
        acting = [asyncio.ensure_future(act()) for act in (people.act, people.deploy, people.make_up)]
        working = [caller.work(self._chance.between(4, 9)) for caller in callers]
        await asyncio.gather(*working, Crowd(self).wait())
        for task in acting:
            task.cancel()
        await asyncio.gather(*acting, *outages, return_exceptions=True)
        await self._calm()
        for caller in callers:
            await caller.ask_again()
            await caller.use()
        self.truth.finally_()

    async def _calm(self) -> None:
        """No more faults, all processes up; then nothing but time."""
        await self._faults_over()
        await asyncio.sleep(SWEPT_S)
        self.processes[0].doze()
        await asyncio.sleep(LONG_AFTER_S - SWEPT_S)
        self.truth.long_after()

    async def _faults_over(self) -> None:
        """One process remains, and nothing befalls it any more."""
        self.faults.off = True
        for process in self.processes:
            process.calm()
            if not process.serving:
                process.kill()
                process.start()
        await self.processes[-1].stop()
        self.processes = self.processes[:-1]

    async def _outage(self, outage: Any) -> None:
        await asyncio.sleep(outage.at_s)
        if self.faults.off:
            return
        self.faults.struck(outage.name)
        away: Any = self.server if outage.of == "database" else self.redis
        away.away = True
        self.trace.note(outage.of, "away")
        self.truth.outage()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(outage.for_s)
        away.away = False
        self.trace.note(outage.of, "back")

    def upkeep(self, process: Process) -> tuple[Upkeep, ...]:
        """What comes round in a process."""
        return build_upkeep(process.rooms)

    async def _founded(self) -> None:
        """Two tenants: one with a company by API key and one by a grant, the other with a grant."""
        await self._founded_with(((False, True), (True,)))

    async def _founded_with(self, companies: tuple[tuple[bool, ...], ...]) -> None:
        """For each tenant its companies: whether each is reached by a grant."""
        rooms = self.processes[0].rooms
        for name, ways in zip(NAMES, companies, strict=False):
            async with rooms.database.write() as session:
                tenant = await rooms.directory.create_tenant(session, name)
                _, api_key = await rooms.api_keys.issue(session, tenant.id, "test", "first", SCOPES)
                await rooms.partner_apps.put(session, tenant.id, TARGET, CLIENT.id, CLIENT.secret)
            made = Tenant(name=name, id=tenant.id, api_key=api_key, links=[])
            for oauth in ways:
                made.links.append(await self._connected(made, self.vendor.company(name, oauth=oauth)))
            self.tenants.append(made)
            self._keep_secrets(api_key, CLIENT.secret, *(link.account_key for link in made.links))

    async def _connected(self, tenant: Tenant, company: Company) -> Link:
        rooms = self.processes[0].rooms
        async with rooms.database.write() as session:
            connection = await rooms.connections.create(
                session,
                tenant_id=tenant.id,
                environment="test",
                target=TARGET,
                credential_kind="oauth" if company.grant else "api_key",
                state="connected",
                identity=identity(company),
            )
            account_key = await rooms.connections.new_account_key(session, connection.id)
            if company.grant is None:
                await rooms.tokens.store_api_key(session, connection, company.api_key)
                self._keep_secrets(company.api_key)
            else:
                await rooms.tokens.store_grant(session, connection, self.granted(company))
        if company.grant is not None:
            self.truth.granted(company, connection.id)
        return Link(company, connection.id, account_key)

    def granted(self, company: Company) -> Grant:
        """What the end customer has granted, as an exchange of a code would have brought it."""
        assert company.grant is not None
        assert company.grant.access_token is not None
        now = self.vendor.twin.clock.now()
        assert company.grant.access_expires is not None
        return Grant(
            access_token=company.grant.access_token,
            refresh_token=company.grant.refresh_token,
            issued_at=now,
            expires_at=company.grant.access_expires,
        )

    def write_by_hand(self, company: Company) -> None:
        """A draft of an invoice, by the company's own people."""
        body = {
            "voucherDate": "2026-11-20T00:00:00.000+01:00",
            "address": {"name": "Erika Muster", "countryCode": "DE"},
            "lineItems": [
                {
                    "type": "custom",
                    "name": "Von Hand",
                    "quantity": 1,
                    "unitName": "Stunde",
                    "unitPrice": {"currency": "EUR", "netAmount": 10, "taxRatePercentage": 19},
                }
            ],
            "totalPrice": {"currency": "EUR"},
            "taxConditions": {"taxType": "net"},
            "shippingConditions": {"shippingType": "none"},
        }
        self.vendor.by_hand(company, "POST", "/v1/invoices", body)

    def _keep_secrets(self, *secrets: str) -> None:
        self.truth.secrets.update({secret.encode(): None for secret in secrets})

    def _unforeseen(self, running: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, asyncio.CancelledError):
            return
        self.broke(error or RuntimeError(context.get("message", "the loop complains")))


def identity(company: Company) -> Identity:
    return Identity(
        organization_id=company.id,
        organization_name=None,
        vendor_connection_id=company.grant.id if company.grant else None,
        price_mode="net",
        small_business=False,
    )

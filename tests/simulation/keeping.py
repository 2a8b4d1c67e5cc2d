"""A world with a replica: books change by hand and by calls, and copy and feed must come to equal them."""

import asyncio
from datetime import timedelta
from typing import Any

from msgspec import Struct

from gateway.feed import reading
from gateway.feed.positions import number
from gateway.jobs.engine import Upkeep
from gateway.replica.sync.asking import begin
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.wire import Outcome
from tests.simulation.callers import Caller, Customer
from tests.simulation.chance import Chance
from tests.simulation.network import Passage
from tests.simulation.processes import Process
from tests.simulation.truth import Break
from tests.simulation.vendor import MARK, Company, Vendor
from tests.simulation.world import LONG_AFTER_S, SWEPT_S, World

EACH = 8
"""One seed in so many is such a world; which one, is its remainder."""
REMAINDER = 6
COPIED = ("invoices", "customers")
TAKEN_OVER_S = 40.0
"""After so long a run of the passes is given to another process, as by the jobs of a dead one."""
CAUGHT_UP_S = 1500.0
"""After the faults: every list was looked at for changes, however often it had failed before."""
WORK_S = 400.0
WHOLE_EVERY = timedelta(hours=1)
"""So often deletions are found; later than what is compared first."""


def keeps(seed: int) -> bool:
    return seed % EACH == REMAINDER


class Fact(Struct, frozen=True):
    """What must be the same in the books, in the replica and by the feed."""

    version: str


class SlowVendor(Vendor):
    """Answers to single contacts take their time, so that what was read first may come last."""

    def answer(self, call: Passage) -> Outcome:
        outcome = super().answer(call)
        if call.request.method == "GET" and call.request.path.startswith("/v1/contacts/"):
            chance = Chance(self._world.seed, f"slow {self._world.calls}")
            outcome.delay_s += chance.uniform(0.0, 6.0) if chance.happens(0.5) else 0.0
        return outcome


class Editor(Caller):
    """Changes one customer again and again, while others of its programs read that past the copy."""

    async def edit(self, times: int) -> None:
        await self._customer()
        done = [(link, write) for link, write, _, _ in self._done if write.told]
        if not done:
            return
        link, write = done[0]
        path, fresh = f"/v1/accounting/customers/{write.told}", {"Cache-Control": "no-cache"}
        for _ in range(times):
            seen = await self._insist("GET", link, path, headers=fresh)
            if seen is None or seen.status != 200:
                continue
            customer = Customer(link, write.told or "", seen.headers["etag"])
            others = (self._insist("GET", link, path, headers=fresh) for _ in range(2))
            await asyncio.gather(self._patch(customer, customer.etag), *others)
            await asyncio.sleep(self._chance.about(4.0))


class KeepingWorld(World):
    """A company by API key, two programs, people, and passes over its lists by a process that is free."""

    vendor_of = SlowVendor

    def upkeep(self, process: Process) -> tuple[Upkeep, ...]:
        async def synchronize() -> int:
            return await self._synchronize(process)

        return (
            *super().upkeep(process),
            Upkeep(name="synchronize", schedule="*/20 * * * * *", run=synchronize),
        )

    async def _live(self) -> None:
        self._at_it: tuple[Process, float] | None = None
        for process in self.processes:
            process.start()
        await self.processes[0].run(self._kept)
        callers = [Caller(self, self.tenants[0], each) for each in (1, 2)]
        self.faults.off = False
        outages = [asyncio.ensure_future(self._outage(outage)) for outage in self.faults.outages]
        people = asyncio.ensure_future(self._people())
        editor = Editor(self, self.tenants[0], 3)
        working = [caller.work(self._chance.between(5, 9)) for caller in callers]
        await asyncio.gather(*working, editor.edit(self._chance.between(6, 12)))
        await asyncio.sleep(WORK_S)
        people.cancel()
        await asyncio.gather(people, *outages, return_exceptions=True)
        await self._calm()
        for caller in (*callers, editor):
            await caller.ask_again()
        self.truth.finally_()

    async def _calm(self) -> None:
        await self._faults_over()
        await asyncio.sleep(CAUGHT_UP_S)
        await self.processes[0].run(lambda: self._compare(deletions=False))
        self.processes[0].doze()
        await asyncio.sleep(LONG_AFTER_S - SWEPT_S)
        await self.processes[0].run(lambda: self._compare(deletions=True))
        self.truth.long_after()

    async def _kept(self) -> None:
        await self._founded_with(((False,), (False,)))
        rooms, tenant = self.processes[0].rooms, self.tenants[0]
        async with rooms.database.write() as session:
            connection = await rooms.connections.get(session, tenant.id, "test", tenant.links[0].connection)
            assert connection is not None
            await rooms.connections.set_replica(session, connection.id, True)
            await begin(session, rooms.ambient, connection)

    async def _synchronize(self, process: Process) -> int:
        """As a job does: one process at a time, another one when that is silent for long."""
        if not self.tenants or (self._at_it is not None and self.now - self._at_it[1] < TAKEN_OVER_S):
            return 0
        self._at_it = process, self.now
        link, synchronizer = self.tenants[0].links[0], process.rooms.synchronizer
        synchronizer.only, synchronizer.whole_every = COPIED, WHOLE_EVERY
        while await synchronizer.run(self.tenants[0].id, "test", link.connection, "job_simulated") == 0.0:
            self._at_it = process, self.now
        self._at_it = None
        return 1

    # --- people ---------------------------------------------------------------------------------------------

    async def _people(self) -> None:
        chance, acts = Chance(self.seed, "keeping"), 0
        company = self.vendor.companies[0]
        while True:
            await asyncio.sleep(chance.about(7.0))
            acts += 1
            try:
                self._act(
                    company, chance.one_of(("write", "finalize", "pay", "delete", "edit", "name")), acts
                )
            except NotPossible:
                continue

    def _act(self, company: Company, what: str, acts: int) -> None:
        twin, chance = self.vendor.twin, Chance(self.seed, f"keeping {acts}")
        organization = twin.world.organizations[company.id]
        by_hand = (it for it in organization.documents.values() if not MARK.search(str(it.body).encode()))
        documents = [it for it in by_hand if it.kind == "invoices"]
        drafts = [it.id for it in documents if it.status == "draft"]
        owed = [it.id for it in documents if it.status == "open"]
        if what == "write" or not documents:
            return self.write_by_hand(company)
        if what == "name":
            body: dict[str, Any] = {
                "version": 0,
                "roles": {"customer": {}},
                "company": {"name": f"Hand {acts}"},
            }
            return self.vendor.by_hand(company, "POST", "/v1/contacts", body)
        if what == "pay":
            return twin.mark_paid(chance.one_of(owed)) if owed else None
        if not drafts:
            return None
        one = chance.one_of(drafts)
        if what == "finalize":
            return twin.finalize(one)
        if what == "delete":
            twin.delete_document(one)
            return self.truth.by_hand(company)
        return twin.edit_document(one, {"remark": f"Fassung {acts}"})

    # --- what must hold -------------------------------------------------------------------------------------

    async def _compare(self, *, deletions: bool) -> None:
        link = self.tenants[0].links[0]
        for resource in COPIED:
            books = self._books(link.company, resource)
            held, gone = await self._held(link.connection, resource)
            left = {id: fact for id, fact in held.items() if deletions or id in books}
            if left != books:
                missing, more = books.keys() - left.keys(), left.keys() - books.keys()
                behind = {id for id, fact in left.items() if books.get(id, fact) != fact}
                told = f"{len(missing)} missing, {len(behind)} behind, {len(more)} left"
                self.break_(f"the replica's {resource} are not those in the books: {told}")
            await self._consume(resource, held, gone)

    def _books(self, company: Company, resource: str) -> dict[str, Fact]:
        organization = self.vendor.twin.world.organizations[company.id]
        if resource == "invoices":
            documents = organization.documents.items()
            return {id: Fact(str(it.version)) for id, it in documents if it.kind == "invoices"}
        customers = ((id, it) for id, it in organization.contacts.items() if it.customer_number)
        return {id: Fact(str(it.version)) for id, it in customers}

    async def _held(self, connection: str, resource: str) -> tuple[dict[str, Fact], set[str]]:
        rows = self.server.look(
            "SELECT id, version, gone_at FROM replica_rows WHERE connection_id = ? AND resource = ?",
            connection,
            resource,
        )
        there = {
            id: Fact(version) for id, version, gone_at in rows if gone_at is None and version is not None
        }
        return there, {id for id, _, gone_at in rows if gone_at is not None}

    async def _consume(self, resource: str, held: dict[str, Fact], gone: set[str]) -> None:
        """A consumer who knows nothing but the feed."""
        rooms, tenant = self.processes[0].rooms, self.tenants[0]
        await number(rooms.database, tenant.id, "test")
        selection = reading.Selection(tenant_id=tenant.id, environment="test", resource=resource)
        async with rooms.database.read() as session:
            events = await reading.page(session, selection, 0, 100_000)
        last: dict[str, tuple[int, str, str | None]] = {}
        for event in sorted(events, key=lambda it: it.sequence or 0):
            id, verb = event.resource_id or "", event.type.rpartition(".")[2]
            if verb not in ("loaded", "created", "updated", "deleted"):
                continue
            if verb in ("loaded", "created") and last.get(id, (0, "deleted", None))[1] != "deleted":
                self.break_(f"{id} is told as new twice")
            former = last.get(id, (0, "", None))[2]
            if verb == "updated" and former is not None and int(event.version or 0) < int(former):
                self.break_(f"{id} went back from version {former} to {event.version}")
            last[id] = (event.sequence or 0, verb, event.version)
        told = {id: Fact(version or "") for id, (_, verb, version) in last.items() if verb != "deleted"}
        if told != held:
            self.break_(f"{resource}: by the feed {len(told)} are there, in the replica {len(held)}")
        deleted = {id for id, (_, verb, _) in last.items() if verb == "deleted"}
        if deleted != gone:
            self.break_(f"{resource}: by the feed {len(deleted)} are gone, in the replica {len(gone)}")

    def break_(self, what: str) -> None:
        error = Break(what)
        self.broke(error)
        raise error

"""Who calls the gateway: programs of tenants that ask again until they know, people, and an intruder."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from tests.simulation.chance import Chance
from tests.simulation.processes import Answer, Process
from tests.simulation.truth import Write, code
from tests.simulation.vendor import Company

if TYPE_CHECKING:
    from tests.simulation.world import World

AGAIN = frozenset(
    (
        "idempotency_key_in_progress",
        "upstream_busy",
        "unavailable",
        "upstream_unreachable",
        "upstream_broken",
        "connection_problem",
    )
)
"""Codes that ask to come again, or may be over by then."""
TRIES = 14
UNKNOWN_TRIES = 2
"""How often a caller asks again after an unknown outcome before it goes on with other work."""
PATIENCE_S = (40.0, 200.0)
WEIGHTS = {
    "invoice": 8, "customer": 3, "double": 3, "reuse": 3, "read": 4, "rename": 2, "stale": 2,
    "listed": 1, "intrude": 3, "rotate": 1, "burst": 2,
}  # fmt: skip


class Link(Struct, eq=False):
    """A connection as its tenant knows it."""

    company: Company
    connection: str
    account_key: str


class Tenant(Struct, eq=False):
    name: str
    id: str
    api_key: str
    links: list[Link]


class Customer(Struct, eq=False):
    """One made before, as last seen."""

    link: Link
    id: str
    etag: str
    former: str | None = None


class Caller:
    """One program of a tenant. It does one thing after the other, and insists."""

    def __init__(self, world: "World", tenant: Tenant, number: int) -> None:
        self.tenant = tenant
        self._world = world
        self._number = number
        self._chance = Chance(world.seed, f"caller {tenant.name} {number}")
        self._numbers = 0
        self._done: list[tuple[Link, Write, str, dict[str, Any]]] = []
        self._customers: list[Customer] = []
        self.open: list[tuple[Link, Write, str, dict[str, Any]]] = []
        """Writes whose outcome was not told yet."""

    async def work(self, times: int) -> None:
        kinds = [kind for kind, weight in WEIGHTS.items() for _ in range(weight)]
        for _ in range(times):
            await asyncio.sleep(self._chance.about(1.5))
            await getattr(self, f"_{self._chance.one_of(kinds)}")()

    async def ask_again(self) -> None:
        """When all is well again: every write that is still open has to come to an end."""
        for link, write, key, body in list(self.open):
            answer = await self._insist("POST", link, self._path(write), key=key, body=body, write=write)
            self._world.truth.ended(write, answer)

    async def use(self) -> None:
        """Every connection, once."""
        for link in self.tenant.links:
            began = self._world.now
            answer = await self._insist("GET", link, "/v1/accounting/invoices?limit=1&fields=summary")
            self._world.truth.usable(link.company, answer, began)

    # --- what it does ---------------------------------------------------------------------------------------

    async def _invoice(self) -> None:
        await self._write("invoices", 1)

    async def _customer(self) -> None:
        await self._write("customers", 1)

    async def _double(self) -> None:
        """A double click, or a program that lost patience and forgot."""
        await self._write(self._chance.one_of(("invoices", "invoices", "customers")), 2)

    async def _burst(self) -> None:
        """Many reads at once, some of them the same."""
        link, path = self._link(), "/v1/accounting/invoices?fields=summary&limit="
        limits = [self._chance.between(1, 4) for _ in range(self._chance.between(2, 6))]
        await asyncio.gather(*(self._insist("GET", link, f"{path}{limit}") for limit in limits))

    async def _reuse(self) -> None:
        """A key that was used, with other lines."""
        if not self._done:
            return await self._invoice()
        link, write, key, body = self._chance.one_of(self._done)
        if write.what == "invoices":
            changed = {**body, "lines": [{**body["lines"][0], "unitPrice": "96.00"}]}
        else:
            changed = {**body, "note": "another"}
        answer = await self._insist("POST", link, self._path(write), key=key, body=changed)
        self._world.truth.reused(write, answer)
        return None

    async def _read(self) -> None:
        if not self._done:
            return
        link, write, _, _ = self._chance.one_of(self._done)
        answer = await self._insist("GET", link, f"{self._path(write)}/{write.told}")
        if answer is not None and answer.status == 200 and write.what == "customers":
            self._customers.append(Customer(link, write.told or "", answer.headers["etag"]))

    async def _listed(self) -> None:
        await self._insist("GET", self._link(), "/v1/accounting/invoices?limit=5&fields=summary")

    async def _rename(self) -> None:
        """A change under the version seen last."""
        if not self._customers:
            return await self._read()
        customer = self._chance.one_of(self._customers)
        answer = await self._patch(customer, customer.etag)
        if answer is not None and answer.status == 200:
            customer.former, customer.etag = customer.etag, answer.headers["etag"]
        elif answer is not None and code(answer) == "stale_version":
            self._customers.remove(customer)
        return None

    async def _stale(self) -> None:
        """A change under a version that is gone."""
        renamed = [customer for customer in self._customers if customer.former]
        if not renamed:
            return await self._rename()
        customer = self._chance.one_of(renamed)
        answer = await self._patch(customer, customer.former or "")
        self._world.truth.refused_as_stale(answer)
        return None

    async def _patch(self, customer: Customer, etag: str) -> Answer | None:
        self._numbers += 1
        path, body = f"/v1/accounting/customers/{customer.id}", {"note": f"change {self._numbers}"}
        return await self._insist("PATCH", customer.link, path, body=body, headers={"If-Match": etag})

    async def _intrude(self) -> None:
        """Another tenant's account key, with one's own API key."""
        others = [
            link for tenant in self._world.tenants if tenant is not self.tenant for link in tenant.links
        ]
        link = self._chance.one_of(others)
        answer = await self._insist("GET", link, "/v1/accounting/invoices?limit=5&fields=summary")
        self._world.truth.kept_out(answer)

    async def _rotate(self) -> None:
        """A new API key; the former one ends some time after."""
        former = self.tenant.api_key
        body = {"name": "rotated", "scopes": ["read", "write", "admin", "finalize"]}
        answer = await self._insist("POST", None, "/v1/api-keys", body=body, gives=True)
        if answer is None or answer.status != 201:
            return
        made = msgspec.json.decode(answer.body)["data"]
        self._world.truth.secrets[made["secret"].encode()] = None
        if self.tenant.api_key == former:
            self.tenant.api_key = made["secret"]

    # --- how ------------------------------------------------------------------------------------------------

    async def _write(self, what: str, at_once: int) -> None:
        link = self._link()
        self._numbers += 1
        mark = f"~{self.tenant.name}-{self._number}-{self._numbers}~"
        write = Write(mark=mark, tenant=self.tenant.name, company=link.company, what=what)
        self._world.truth.writes[mark] = write
        key = f"order-{self._number}-{self._numbers}"
        body = invoice(mark) if what == "invoices" else {"company": {"name": f"Muster {mark}"}}
        entry = (link, write, key, body)
        self.open.append(entry)
        path = self._path(write)
        await asyncio.gather(
            *(self._insist("POST", link, path, key=key, body=body, write=write) for _ in range(at_once))
        )
        if write.told is not None or write.refused is not None:
            self.open.remove(entry)
        if write.told is not None:
            self._done.append(entry)

    async def _insist(
        self,
        method: str,
        link: Link | None,
        path: str,
        *,
        key: str | None = None,
        body: dict[str, Any] | None = None,
        write: Write | None = None,
        gives: bool = False,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer | None:
        """The answer that needs no repetition; None when there never was one."""
        unknown = 0
        answer: Answer | None = None
        process = self._chance.one_of(self._world.processes)
        for _ in range(TRIES):
            answer = await self._once(process, method, link, path, key, body, write, gives, headers)
            if answer is None:
                process = self._another(process)
            wait_s = self._chance.about(1.0) + 0.1
            if answer is not None:
                problem = code(answer)
                unknown += problem == "outcome_unknown"
                if problem not in AGAIN and (problem != "outcome_unknown" or unknown > UNKNOWN_TRIES):
                    return answer
                wait_s += float(answer.headers.get("retry-after", "0"))
            await asyncio.sleep(wait_s)
        return answer

    def _another(self, silent: Process) -> Process:
        """Where to ask next: not where there was no answer, if there is another."""
        others = [process for process in self._world.processes if process is not silent]
        return self._chance.one_of(others or self._world.processes)

    async def _once(
        self,
        process: Process,
        method: str,
        link: Link | None,
        path: str,
        key: str | None,
        body: dict[str, Any] | None,
        write: Write | None,
        gives: bool,
        headers: Mapping[str, str],
    ) -> Answer | None:
        world, chance = self._world, self._chance
        impatient = chance.happens(0.1)
        patience_s = chance.uniform(0.05, 8.0) if impatient else chance.one_of(PATIENCE_S)
        sent = {"X-API-KEY": self.tenant.api_key, **headers}
        if link is not None:
            sent["X-ACCOUNT-KEY"] = link.account_key
        if key is not None:
            sent["Idempotency-Key"] = key
        if body is not None:
            sent["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        began, doubt = world.now, write is not None and write.doubt
        world.operations += 1
        if write is not None:
            write.at.append(process)
        world.trace.note(self._name, f"{method} {path.partition('?')[0]} {key or ''} to {process.name}")
        try:
            content = b"" if body is None else msgspec.json.encode(body)
            answer = await process.ask(method, path, sent, content, patience_s, chance.happens(0.5))
        finally:
            if write is not None:
                write.at.remove(process)
        told = "nothing" if answer is None else f"{answer.status} {code(answer)}"
        world.trace.note(self._name, told)
        if answer is None:
            if write is not None:
                write.interrupted = True
            return None
        secret = (
            msgspec.json.decode(answer.body)["data"]["secret"] if gives and answer.status == 201 else None
        )
        world.truth.answered(self.tenant.name, answer, world.now - began, secret)
        if link is not None and code(answer) == "reconnect_required":
            world.truth.demand_unhealthy(link.company, began)
        if write is not None:
            world.truth.concluded(write, answer, doubt=doubt)
        return answer

    @property
    def _name(self) -> str:
        return f"{self.tenant.name}-{self._number}"

    def _link(self) -> Link:
        return self._chance.one_of(self.tenant.links)

    @staticmethod
    def _path(write: Write) -> str:
        return f"/v1/accounting/{write.what}"


def invoice(mark: str) -> dict[str, Any]:
    """Two hours at 95.00 net."""
    return {
        "issuedOn": "2026-11-20",
        "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
        "introduction": mark,
        "lines": [
            {
                "type": "custom",
                "name": "Beratung",
                "quantity": "2",
                "unitName": "Stunde",
                "unitPrice": "95.00",
                "taxRate": "19",
            }
        ],
    }

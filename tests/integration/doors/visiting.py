"""Somebody outside with both keys: knows a fitting request for every door and has every answer inspected."""

import copy
import itertools
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec
from sqlalchemy import update

from connectors.base.counting import counting
from connectors.lexoffice import CONNECTOR as LEXOFFICE
from gateway.persistence import outbox
from gateway.persistence.tables import jobs
from tests.forms import form_of
from tests.integration.doors.inspection import Inspector
from tests.integration.doors.operations import Operation, found
from tests.stage import Party, Stage

TARGET = "lexoffice-sandbox"
RETURN_URL = "https://app.muster-software.example/kontor/return"
NOWHERE = "e9066f04-8cc7-4616-93f8-ac9ecc8479ff"
RECORDED = ("bills", "vendor-credits", "sales-vouchers")
OWN_NOWHERE = "0" * 26
DOWN_PAYMENT = {
    "voucherDate": "2026-11-20T00:00:00.000+01:00",
    "address": {"name": "Erika Muster", "countryCode": "DE"},
    "lineItems": [
        {
            "type": "custom",
            "name": "Abschlag",
            "quantity": 1,
            "unitName": "Pauschal",
            "unitPrice": {"currency": "EUR", "netAmount": 2000, "taxRatePercentage": 19},
        }
    ],
    "totalPrice": {"currency": "EUR"},
    "taxConditions": {"taxType": "net"},
    "shippingConditions": {"shippingType": "none"},
}
"""In the vendor's words: people make these in the application."""


class Visitor(msgspec.Struct, kw_only=True):
    """Calls the gateway as a tenant would. Ids in `things` are by resource or control noun."""

    stage: Stage
    party: Party
    inspector: Inspector
    things: dict[str, str] = {}
    claimed: set[tuple[str, str]] = set()
    """(resource, operation) that the connection can do, as its capabilities tell."""
    numbers: Any = msgspec.field(default_factory=itertools.count)

    async def knock(
        self,
        operation: Operation,
        *,
        id: str | None = None,
        headers: dict[str, str] | None = None,
        without: tuple[str, ...] = (),
        query: str = "",
        **more: Any,
    ) -> httpx2.Response:
        """A fitting request, but for what is given; `without` names headers to leave out.

        `json` and `content` replace the body, `id` stands in every place of the path, `query` is encoded.
        """
        given = {**self.headers(operation)}
        if not more.keys() & {"json", "content", "data"} and operation.media_type:
            if operation.takes_form:
                more["content"], given["Content-Type"] = form_of(operation.example_body)
            else:
                more["json"] = self.body(operation)
        if more.get("json") is not None:
            more["content"] = msgspec.json.encode(more.pop("json"))
        given |= headers or {}
        for name in without:
            given.pop(name)
        url = self.url(operation, id, query)
        # As UTF-8: what attackers put into headers is no ASCII.
        sent = [(name.encode(), value.encode()) for name, value in given.items()]
        answer = await self.stage.client.request(operation.method, url, headers=sent, **more)
        return self.inspector.inspect(answer, operation)

    async def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """A request that no operation serves."""
        headers = self.party.headers(**more.pop("headers", {}))
        return self.inspector.inspect(
            await self.stage.client.request(method, path, headers=headers, **more), None
        )

    async def spare(self, operation: Operation) -> str | None:
        """The id of a new object, for an operation that does away with it; None where there is none."""
        collection = operation.path.removesuffix("/{id}")
        if collection == "/v1/connections":
            return (await self.stage.party(self.party.tenant_id)).connection_id
        if collection == operation.path or not self.can(operation):
            return None
        return (await self.knock(found(f"POST {collection}"))).json()["data"]["id"]

    def headers(self, operation: Operation) -> dict[str, str]:
        """All that the document asks for, each write with a key of its own."""
        given = {"X-API-KEY": self.party.api_key} if operation.protected else {}
        if operation.needs_account_key:
            given["X-ACCOUNT-KEY"] = self.party.account_key
        if operation.media_type:
            given["Content-Type"] = operation.media_type
        values = {"Idempotency-Key": f"key-{next(self.numbers)}", "If-Match": "*"}
        return given | {name: values[name] for name in operation.required_headers}

    def url(self, operation: Operation, id: str | None, query: str = "") -> str:
        """Path and query, with what it cannot do without."""
        query = self.query(operation, query)
        return self.path(operation, id) + (f"?{query}" if query else "")

    def path(self, operation: Operation, id: str | None) -> str:
        """The path with an id that exists, or with `id`, every character of it encoded."""
        value = self.id_for(operation) if id is None else id
        path = operation.path
        for name in operation.path_parameters:
            own = name == "delivery" and id is None
            path = path.replace("{" + name + "}", encoded(self.things[name] if own else value))
        return path

    def can(self, operation: Operation) -> bool:
        """Whether the door leads anywhere: control routes do, unified ones where the connector claims it."""
        return (
            operation.resource is None
            or operation.name == "meta"
            or (operation.name == "count" and bool(counting(LEXOFFICE.resources.get(operation.resource))))
            or (operation.resource, operation.name) in self.claimed
        )

    def cannot(self, operation: Operation) -> tuple[int, str]:
        """Status and code where it leads nowhere: 409 where a person can do it in the application."""
        missing = LEXOFFICE.missing.get((operation.resource or "", operation.name))
        return (409, "not_writable") if missing and missing.elsewhere else (501, "not_supported")

    def query(self, operation: Operation, given: str) -> str:
        """What is given, what cannot be done without, and for a stream that it ends."""
        if operation.path.endswith("/stream") and "seconds=" not in given:
            return f"{given}&seconds=0".removeprefix("&")
        if operation.path.endswith("/export") and "resource=" not in given:
            return f"{given}&resource=invoices".removeprefix("&")
        if str(operation) != "GET /v1/accounting/payments" or "ocumentId" in given:
            return given
        return f"{given}&documentId={self.id_for(operation)}".removeprefix("&")

    def id_for(self, operation: Operation) -> str:
        """An id that exists, where the route takes one."""
        if "{target}" in operation.path:
            return TARGET
        if operation.path.endswith(("/disable", "/enable")):
            return self.things["disabled"]
        if operation.name == "settle" and operation.resource == "invoices":
            return self.things["owed"]
        return self.things.get(operation.noun, NOWHERE)

    def body(self, operation: Operation) -> Any:
        """The documented example, with what exists here."""
        body = copy.deepcopy(operation.example_body)
        if "returnUrl" in body:
            body["returnUrl"] = RETURN_URL
        if operation.path == "/v1/return-urls":
            body["url"] = f"{RETURN_URL}/{next(self.numbers)}"
        for part in (body, *body.get("transactions", ())):
            if "bankAccountId" in part:
                part["bankAccountId"] = self.things["bank-accounts"]
            if "externalReference" in part:
                part["externalReference"] = f"reference-{next(self.numbers)}"
        if operation.resource in RECORDED and operation.name == "create":
            body["number"] = f"{body['number']}-{next(self.numbers)}"  # the same document is taken once
        if operation.noun == "dunnings" and "precedingDocuments" in body:
            body["precedingDocuments"] = [{"id": self.things["owed"]}]
        else:  # an invoice can be credited to its end, and then no more
            body.pop("precedingDocuments", None)
        return body


def encoded(value: str) -> str:
    """As one segment of a path: dots too, which a client would take for steps."""
    return quote(value, safe="", errors="surrogatepass").replace(".", "%2E")


async def visitor(stage: Stage) -> Visitor:
    """A tenant with one of everything; key and connection in `things` are not the visitor's own."""
    party = await stage.party(partner=True)  # who can do all that anybody can
    spare = await stage.party(party.tenant_id)
    page = (await stage.client.get("/docs/errors")).text
    made = Visitor(stage=stage, party=party, inspector=Inspector(page))
    made.things |= {"connections": spare.connection_id, "api-keys": spare.key_id}
    await made.ask("PATCH", f"/v1/connections/{spare.connection_id}", json={"keepsReplica": True})
    url = await made.ask("POST", "/v1/return-urls", json={"url": RETURN_URL})
    made.things["return-urls"] = url.json()["data"]["id"]
    for name in ("webhook-endpoints", "disabled"):
        hook = await made.ask("POST", "/v1/webhook-endpoints", json={"url": "https://hooks.muster.example/"})
        made.things[name] = hook.json()["data"]["id"]
    sent = await made.ask("POST", f"/v1/webhook-endpoints/{made.things['webhook-endpoints']}/test")
    made.things["delivery"] = sent.json()["data"]["id"]
    session = {"target": TARGET, "returnUrl": RETURN_URL}
    opened = await made.ask("POST", "/v1/connect-sessions", json=session)
    made.things["connect-sessions"] = opened.json()["data"]["id"]
    told = await made.ask("GET", f"/v1/connections/{party.connection_id}/capabilities")
    made.claimed |= {(c["resource"], c["operation"]) for c in told.json()["data"] if c["supported"]}
    await stock(made)
    await keep_busy(made)
    return made


async def keep_busy(visitor: Visitor) -> None:
    """A write to be told of, a parked job, and a batch that goes on."""
    rows = (await visitor.ask("GET", "/v1/operations?limit=1")).json()["data"]
    visitor.things["operations"] = rows[0]["id"]
    rooms, party = visitor.stage.rooms, visitor.party
    async with rooms.database.write() as session:
        job = await outbox.put(
            session,
            rooms.ambient,
            kind="revoke_connection",
            subject=party.connection_id,
            tenant_id=party.tenant_id,
            environment=party.environment,
            connection_id=party.connection_id,
        )
        await session.execute(update(jobs).where(jobs.c.id == job).values(state="parked"))
    visitor.things["jobs"] = job
    made = await visitor.knock(found("POST /v1/batches"))
    visitor.things["batches"] = made.json()["data"]["id"]


async def stock(visitor: Visitor) -> None:
    """An object of every noun; documents that are final, so that they have files."""
    for resource in ("customers", "items", "invoices", "credit-notes"):
        rows = (await visitor.ask("GET", f"/v1/accounting/{resource}?limit=25")).json()["data"]
        visitor.things[resource] = next(row["id"] for row in rows if row.get("status") != "draft")
    for resource in ("accounts", "payment-terms", "print-layouts", "tax-rates", "recurring-invoices"):
        rows = (await visitor.ask("GET", f"/v1/accounting/{resource}")).json()["data"]
        visitor.things[resource] = rows[0]["id"]
    visitor.things["payments"] = visitor.things["invoices"]
    owed = await visitor.knock(
        found("POST /v1/accounting/invoices"),
        json={**visitor.body(found("POST /v1/accounting/invoices")), "finalize": True},
    )
    visitor.things["owed"] = owed.json()["data"]["id"]
    for resource in ("quotes", "sales-orders", "delivery-notes"):
        create = found(f"POST /v1/accounting/{resource}")
        final = await visitor.knock(create, json={**visitor.body(create), "finalize": True})
        visitor.things[resource] = final.json()["data"]["id"]
    dunning = await visitor.knock(found("POST /v1/accounting/dunnings"))
    visitor.things["dunnings"] = dunning.json()["data"]["id"]
    company = visitor.stage.twin.identity.organizations[0].id
    made = visitor.stage.twin.twin.create_down_payment_invoice(company, DOWN_PAYMENT)
    visitor.things["down-payment-invoices"] = made.id
    for resource in ("bank-accounts", "transactions"):
        made = (await visitor.knock(found(f"POST /v1/accounting/{resource}"))).json()
        visitor.things[resource] = made["data"]["id"]
    for resource in RECORDED:
        made = (await visitor.knock(found(f"POST /v1/accounting/{resource}"))).json()
        visitor.things[resource] = made["data"]["id"]
        await visitor.knock(found(f"POST /v1/accounting/{resource}/{{id}}/files"))
    supplier = await visitor.knock(found("POST /v1/accounting/suppliers"))
    visitor.things["suppliers"] = supplier.json()["data"]["id"]
    file = await visitor.knock(found("POST /v1/accounting/files"))
    visitor.things["files"] = file.json()["data"]["id"]

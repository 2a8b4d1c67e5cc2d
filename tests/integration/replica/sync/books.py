"""A company's books that change while they are read: acts of its people, drawn from a seed, between calls."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.state import Document, Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Request

BEFORE_MIDNIGHT = datetime(2026, 11, 20, 22, 58, 30, tzinfo=UTC)
"""A minute and a half before midnight in Berlin."""


class SharedClock:
    """Of gateway and twin, in milliseconds. It moves when told, and with each call to the vendor."""

    def __init__(self, start: datetime = BEFORE_MIDNIGHT) -> None:
        self._start = self._now = start

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """For ever: who sleeps here are the loops of a process, and none of them is what is tested."""
        await asyncio.Event().wait()

    def advance(self, seconds: float) -> None:
        self._now += timedelta(milliseconds=round(seconds * 1000))


class Books:
    """What the people of a company do: the twin's first, unless another is named."""

    def __init__(self, twin: Twin, api_key: str, seed: int, organization: Organization | None = None) -> None:
        self.twin = twin
        self.organization = organization or next(iter(twin.world.organizations.values()))
        self.chance = random.Random(seed)
        self._api_key = api_key
        self.category = next(
            row["id"]
            for row in jsontext.decode(self.send("GET", "/v1/posting-categories"))
            if row["type"] == "outgo"
        )
        self._left_alone: set[str] = set()
        self._acts: tuple[Callable[[], None], ...] = (
            self.write_invoice,
            self.write_invoice,
            self.write_contact,
            self.write_bill,
            self._finalize,
            self._pay,
            self._pay,
            self._void,
            *[self._delete] * 2,
            self._rename,
            self._edit,
            self._archive,
        )

    def act(self) -> None:
        """Something that people do; nothing, where it cannot be done to what was drawn."""
        try:
            self.chance.choice(self._acts)()
        except NotPossible:
            return

    def write_invoice(self) -> None:
        day = datetime(2026, 11, self.chance.randint(1, 28), tzinfo=UTC).date()
        final = self.chance.random() < 0.6
        self.post(f"/v1/invoices?finalize={str(final).lower()}", invoice(day.isoformat(), self._cents()))

    def untouched(self) -> str:
        """A draft that nobody does anything to."""
        id = self.post("/v1/invoices", invoice("2026-11-20", self._cents()))
        self._left_alone.add(id)
        return id

    def write_contact(self) -> None:
        name = f"Muster {self.chance.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}{self.chance.randint(0, 999)} GmbH"
        role = self.chance.choice(("customer", "vendor"))
        self.post("/v1/contacts", {"version": 0, "roles": {role: {}}, "company": {"name": name}})

    def write_bill(self) -> None:
        number = f"R-{len(self.organization.vouchers)}"
        self.post("/v1/vouchers", bill(number, self._cents(), self.category))

    def post(self, path: str, body: dict[str, Any]) -> str:
        """Id of what was made."""
        return jsontext.decode(self.send("POST", path, body))["id"]

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        """As the company's own program; the answer's body."""
        path, _, query = path.partition("?")
        headers = {"authorization": f"Bearer {self._api_key}", "content-type": "application/json"}
        pairs = [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&"))]
        content = b"" if body is None else jsontext.encode(body)
        reply = self.twin.handle(Request(method, path, pairs if query else (), headers, content)).reply
        assert reply.status < 300, (path, reply.status, reply.body)
        return reply.body

    def documents(self, *states: str) -> list[Document]:
        return [
            document
            for document in self.organization.documents.values()
            if document.kind == "invoices" and (not states or document.status in states)
        ]

    def _cents(self) -> Decimal:
        return Decimal(self.chance.randint(100, 99_999)) / 100

    def _one(self, *states: str) -> str:
        among = [document for document in self.documents(*states) if document.id not in self._left_alone]
        if not among:
            raise NotPossible("there is none")
        return self.chance.choice(among).id

    def _finalize(self) -> None:
        self.twin.finalize(self._one("draft"))

    def _pay(self) -> None:
        part = self.chance.random() < 0.5
        self.twin.mark_paid(self._one("open"), Decimal("0.50") if part else None)

    def _void(self) -> None:
        self.twin.void(self._one("open"))

    def _delete(self) -> None:
        self.twin.delete_document(self._one("draft"))

    def _edit(self) -> None:
        self.twin.edit_document(self._one("draft"), {"remark": f"Fassung {self.chance.randint(0, 99)}"})

    def _rename(self) -> None:
        id = self.chance.choice(list(self.organization.contacts))
        body = jsontext.decode(self.send("GET", f"/v1/contacts/{id}"))
        if "company" in body:
            body["company"]["name"] = f"{self.chance.choice('ABMXYZ')} {body['company']['name'][:60]}"
            self.send("PUT", f"/v1/contacts/{id}", body)

    def _archive(self) -> None:
        self.twin.archive(self._one(), self.chance.random() < 0.7)


class Meddling(httpx2.AsyncBaseTransport):
    """Carries calls to the twin; before and after each, time goes on and people may act."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, clock: SharedClock, takes_s: float = 0.503) -> None:
        self._inner = inner
        self._clock = clock
        self.takes_s = takes_s
        self.act: Callable[[], None] = lambda: None
        self.tell: Callable[[], Coroutine[Any, Any, None]] = _nothing
        """While an answer is on its way."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.act()
        answer = await self._inner.handle_async_request(request)
        self._clock.advance(self.takes_s)
        self.act()
        await asyncio.create_task(self.tell(), context=Context())
        return answer


async def _nothing() -> None:
    """Nobody tells of anything."""


def invoice(day: str, net: Decimal) -> dict[str, Any]:
    return {
        "voucherDate": f"{day}T00:00:00.000+01:00",
        "address": {"name": "Erika Muster", "countryCode": "DE"},
        "lineItems": [
            {
                "type": "custom",
                "name": "Beratung",
                "quantity": 1,
                "unitName": "Stunde",
                "unitPrice": {"currency": "EUR", "netAmount": net, "taxRatePercentage": 19},
            }
        ],
        "totalPrice": {"currency": "EUR"},
        "taxConditions": {"taxType": "net"},
        "shippingConditions": {"shippingType": "none"},
        "paymentConditions": {"paymentTermLabel": "Sofort", "paymentTermDuration": 0},
    }


def bill(number: str, gross: Decimal, category: str) -> dict[str, Any]:
    tax = (gross * 19 / 119).quantize(Decimal("0.01"))
    return {
        "type": "purchaseinvoice",
        "voucherNumber": number,
        "voucherDate": "2026-11-10",
        "totalGrossAmount": gross,
        "totalTaxAmount": tax,
        "taxType": "gross",
        "useCollectiveContact": True,
        "voucherItems": [
            {
                "amount": gross,
                "taxAmount": tax,
                "taxRatePercent": 19,
                "categoryId": category,
            }
        ],
        "version": 0,
    }

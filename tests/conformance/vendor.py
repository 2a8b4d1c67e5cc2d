"""The twin as a connector's vendor: a wire over ASGI with virtual time, and a company with books."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import msgspec

from connectors.base.connector import Hosts, Identity, Session
from connectors.base.errors import OutcomeUnknown, StaleVersion, UpstreamBroken, UpstreamBusy
from connectors.base.needs import Access
from connectors.base.wire import Answer, Call
from sandbox.lexoffice.app import TwinApp, create_app
from sandbox.lexoffice.clock import SeededIds, StandingClock
from sandbox.lexoffice.settings import TwinSettings
from sandbox.lexoffice.twin import Twin

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday, 10:00 in Berlin."""
HOSTS = Hosts(api="http://twin.test", app="https://app.example", authorization="http://twin.test")


class TwinWire:
    """`connectors.base.wire.Wire` over the twin. Every call and pause moves the twin's clock.

    `allowed_s`: virtual seconds until the deadline; `interval_s`: what a call takes of them.
    """

    def __init__(self, app: TwinApp, key: str, *, allowed_s: float = 30.0, interval_s: float = 0.0) -> None:
        self.calls: list[Call] = []
        self.answers: list[Answer] = []
        self.left_s = allowed_s
        self.before_call: Callable[[Call, int], None] = lambda call, number: None
        """Called with each call and how many went before it, to let things happen in between."""
        self._app = app
        self._key = key
        self._interval_s = interval_s
        self._transport = httpx2.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]

    async def send(self, call: Call) -> Answer:
        if self.left_s < self._interval_s:
            raise UpstreamBusy("no slot before the deadline", retry_after_s=1.0)
        self._pass(self._interval_s)
        self.before_call(call, len(self.calls))
        self.calls.append(call)
        answer = await self._answer(call)
        self.answers.append(answer)
        return answer

    async def pause(self, seconds: float) -> bool:
        if seconds > self.left_s:
            return False
        self._pass(seconds)
        return True

    def _pass(self, seconds: float) -> None:
        self.left_s -= seconds
        self._app.twin.advance(seconds)

    async def _answer(self, call: Call) -> Answer:
        headers = {"authorization": f"Bearer {self._key}", "accept": call.accept}
        if call.content_type:
            headers["content-type"] = call.content_type
        request = httpx2.Request(
            call.method,
            f"{HOSTS.api}{call.path}",
            params=list(call.params),
            headers=headers,
            content=call.content,
        )
        try:
            answer = await self._transport.handle_async_request(request)
            content = await answer.aread()
        except (ConnectionResetError, httpx2.HTTPError) as error:
            kind = OutcomeUnknown if call.writes else UpstreamBroken
            raise kind("the line was cut") from error
        return Answer(status=answer.status_code, headers=dict(answer.headers), content=content)

    def sent(self, method: str, path: str = "/v1/") -> list[Call]:
        """Calls of a method below a path, in order."""
        return [call for call in self.calls if call.method == method and call.path.startswith(path)]


class Books:
    """A company at the twin with an API key, and sessions for connectors."""

    def __init__(self, **quirks: Any) -> None:
        self.clock = StandingClock(NOW)
        self.app = create_app(TwinSettings(seeded=False), self.clock, SeededIds(7))
        self.twin: Twin = self.app.twin
        self.twin.rate_limit(False)
        for name, value in quirks.items():
            setattr(self.twin.quirks, name, value)
        self.company = self.twin.create_organization("Muster Handel GmbH", distance_sales="ORIGIN")
        self.key = self.twin.create_api_key(self.company.id)

    def wire(self, **more: Any) -> TwinWire:
        """A wire of this company's key."""
        return TwinWire(self.app, self.key, **more)

    def session(
        self,
        wire: TwinWire | None = None,
        price_mode: str = "net",
        access: Access = Access(credential="oauth"),
        **more: Any,
    ) -> Session:
        """What a resource class takes, of a partner unless told otherwise."""
        identity = Identity(
            organization_id=self.company.id,
            organization_name=self.company.name,
            vendor_connection_id=None,
            price_mode=price_mode,
            small_business=False,
        )
        return Session(
            wire=wire or self.wire(**more),
            hosts=HOSTS,
            identity=identity,
            now=self.clock.now(),
            access=access,
        )

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The vendor's API without a connector, to fill the books and to look into them."""
        answer = await self.wire().send(
            Call(
                method=method,
                path=f"/v1/{path}",
                params=tuple(query.items()),
                content=None if body is None else json.dumps(body, default=_number).encode(),
                content_type=None if body is None else "application/json",
                purpose="test",
            )
        )
        assert answer.status < 300, answer.content
        return json.loads(answer.content, parse_float=Decimal)

    async def contact(self, name: str = "Holzwerk Brandt GmbH", **roles: Any) -> str:
        """A contact, a customer unless told otherwise."""
        body = {
            "version": 0,
            "roles": roles or {"customer": {}},
            "company": {"name": name},
            "addresses": {
                "billing": [{"street": "Weg 1", "zip": "77652", "city": "Ort", "countryCode": "DE"}]
            },
        }
        return (await self.call("POST", "contacts", body))["id"]

    async def article(self, title: str = "Schleifband K120", type: str = "PRODUCT") -> str:
        """An article."""
        price = {"netPrice": 3.9, "leadingPrice": "NET", "taxRate": 19}
        body = {"title": title, "type": type, "unitName": "Stück", "price": price}
        return (await self.call("POST", "articles", body))["id"]

    async def invoice(self, day: str = "2026-11-02", *, final: bool = True, due_days: int = 30) -> str:
        """An invoice over 119.00 to an address used once."""
        body = {
            "voucherDate": f"{day}T00:00:00.000+01:00",
            "address": {"name": "Erika Muster", "countryCode": "DE"},
            "lineItems": [
                {
                    "type": "custom",
                    "name": "Beratung",
                    "quantity": 1,
                    "unitName": "Stunde",
                    "unitPrice": {"currency": "EUR", "netAmount": 100, "taxRatePercentage": 19},
                }
            ],
            "totalPrice": {"currency": "EUR"},
            "taxConditions": {"taxType": "net"},
            "paymentConditions": {"paymentTermLabel": "Zahlbar", "paymentTermDuration": due_days},
            "shippingConditions": {"shippingType": "none"},
        }
        return (await self.call("POST", "invoices", body, **({"finalize": "true"} if final else {})))["id"]


class Patch:
    """`connectors.base.connector.Change`: replaces fields by name; `seen` is the version the caller read."""

    def __init__(self, seen: str | None = None, **fields: Any) -> None:
        self._seen = seen
        self._fields = fields

    def merged(self, current: Any, writable: Any) -> Any:
        self.check(current)
        return msgspec.structs.replace(writable, **self._fields)

    def check(self, current: Any) -> None:
        if self._seen not in (None, current.version):
            raise StaleVersion("changed meanwhile", headers={"etag": f'"{current.version}"'})


def _number(value: Any) -> float:
    assert isinstance(value, Decimal)
    return float(value)

"""A twin on a standing clock with one company, driven without HTTP; and the vendor's sample payloads."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.clock import SeededIds, StandingClock
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Reply, Request

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 3, 2, 8, 14, 5, 317_000, UTC)
"""A Monday at 09:14:05.317 in Berlin, the moment at which the sample documents were created."""


def fixture(name: str) -> Any:
    """A sample payload, numbers as Decimal."""
    return json.loads((FIXTURES / f"{name}.json").read_text(), parse_float=Decimal)


class Api:
    """One API key's view of the twin."""

    def __init__(self, twin: Twin, key: str) -> None:
        self.twin = twin
        self.key = key

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        sent = {
            "authorization": f"Bearer {self.key}",
            **({} if body is None else {"content-type": "application/json"}),
        }
        raw = body if isinstance(body, bytes) else b"" if body is None else jsontext.encode(body)
        sent.update(headers or {})
        request = Request(method, f"/v1/{path}", tuple((query or {}).items()), sent, raw)
        return self.twin.handle(request).reply

    def get(self, path: str, accept: str = "application/json", **query: str) -> Reply:
        return self.call("GET", path, query=query, headers={"accept": accept})

    def post(self, path: str, body: Any, **query: str) -> Reply:
        return self.call("POST", path, body, query)

    def put(self, path: str, body: Any) -> Reply:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Reply:
        return self.call("DELETE", path)

    def create(self, path: str, body: Any, **query: str) -> str:
        """The id of what was created; fails the test where it was refused."""
        reply = self.post(path, body, **query)
        assert reply.status in (200, 201), reply.body
        return reply.json()["id"]

    def read(self, path: str) -> Any:
        reply = self.get(path)
        assert reply.status == 200, reply.body
        return reply.json()


@pytest.fixture
def twin() -> Twin:
    twin = Twin(StandingClock(NOW), SeededIds(1))
    twin.rate_limit(False)
    return twin


@pytest.fixture
def company(twin: Twin) -> Organization:
    return twin.create_organization("Werkstatt Lindner e.K.", distance_sales="ORIGIN")


@pytest.fixture
def api(twin: Twin, company: Organization) -> Api:
    return Api(twin, twin.create_api_key(company.id))


@pytest.fixture
def customer(api: Api) -> str:
    """The sample contact: a company with one billing and one shipping address, customer and vendor."""
    return api.create("contacts", fixture("contact.create"))


@pytest.fixture
def sample(api: Api, company: Organization, customer: str) -> Callable[[str], Any]:
    """Sample bodies to create from, their references pointing at what this twin holds."""
    product = api.create("articles", fixture("article.create"))
    service = api.create(
        "articles",
        {
            "title": "Wartung Absauganlage",
            "type": "SERVICE",
            "unitName": "Stunde",
            "price": {"netPrice": 84, "leadingPrice": "NET", "taxRate": 19},
        },
    )
    known = {
        "c2382a58-1248-4293-832f-562d45e6cc2a": customer,
        "0589728f-7415-4581-94ed-683104ddebc1": customer,
        "53011139-a898-4f36-be7e-07d9192f0ac9": product,
        "64033f1c-853b-41c4-834e-6f2714b99c1c": service,
        "51849b67-ad56-4060-b9ef-346b9b27cd55": company.print_layouts[0].id,
    }

    def make(name: str) -> Any:
        text = json.dumps(fixture(f"{name}.create"), default=float)
        for theirs, ours in known.items():
            text = text.replace(theirs, ours)
        return json.loads(text, parse_float=Decimal)

    return make


def invoice(**changes: Any) -> dict[str, Any]:
    """The smallest invoice: two hours at 95 net, to a one-time address."""
    body: dict[str, Any] = {
        "voucherDate": "2026-03-02T00:00:00.000+01:00",
        "address": {"name": "Erika Muster", "countryCode": "DE"},
        "lineItems": [line()],
        "totalPrice": {"currency": "EUR"},
        "taxConditions": {"taxType": "net"},
        "shippingConditions": {"shippingType": "none"},
    }
    return {**deepcopy(body), **changes}


def line(quantity: Any = 2, net: Any = 95, rate: Any = 19, **changes: Any) -> dict[str, Any]:
    return {
        "type": "custom",
        "name": "Beratung",
        "quantity": quantity,
        "unitName": "Stunde",
        "unitPrice": {"currency": "EUR", "netAmount": net, "taxRatePercentage": rate},
        **changes,
    }


def credit_note(**changes: Any) -> dict[str, Any]:
    body = invoice(**changes)
    del body["shippingConditions"]
    return body


def contact(**changes: Any) -> dict[str, Any]:
    body = {"version": 0, "roles": {"customer": {}}, "company": {"name": "Holzwerk Brandt GmbH"}}
    return {**deepcopy(body), **changes}


def article(**changes: Any) -> dict[str, Any]:
    body = {
        "title": "Beratung",
        "type": "SERVICE",
        "unitName": "Stunde",
        "price": {"netPrice": 95, "leadingPrice": "NET", "taxRate": 19},
    }
    return {**deepcopy(body), **changes}


def issues(reply: Reply) -> list[tuple[str, str | None]]:
    """Key and source of every issue of an error in the legacy shape."""
    return [(issue["i18nKey"], issue["source"]) for issue in reply.json()["IssueList"]]


def details(reply: Reply) -> list[tuple[str, str]]:
    """Violation and field of every detail of an error in the regular shape."""
    return [(detail["violation"], detail["field"]) for detail in reply.json()["details"]]


def shape(value: Any) -> Any:
    """The keys of a JSON value and the kinds of its leaves, without what they hold."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float | Decimal) else type(value).__name__

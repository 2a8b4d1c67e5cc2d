"""Strings that break software, through every kind of door: kept as they are, or refused by name."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.doors.fields import placed, resolved, value_at
from tests.integration.doors.operations import OPERATIONS, Operation, found
from tests.integration.doors.strings import attacks, everything
from tests.integration.doors.visiting import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300), pytest.mark.needs("shared")]

TEXTS = {
    "items": ("name", "description", "note", "unitName"),
    "customers": (
        "company.name",
        "company.contactPersons[0].firstName",
        "company.contactPersons[0].lastName",
        "billingAddresses[0].supplement",
        "billingAddresses[0].street",
        "billingAddresses[0].city",
        "phones.business[0]",
        "note",
    ),
    "invoices": (
        "buyer.name",
        "buyer.address.supplement",
        "buyer.address.street",
        "lines[0].name",
        "lines[0].description",
        "lines[0].unitName",
        "paymentTerms.description",
        "introduction",
        "remark",
    ),
}
"""Free text of each noun. The answer has it in the same place."""
LISTS = [
    (o, name)
    for o in OPERATIONS
    for name, s in o.query.items()
    if o.method == "GET" and resolved(s)[0].get("type") == "string"
]


@pytest.mark.parametrize("resource", TEXTS)
async def test_a_text_comes_back_as_it_was_given_or_is_refused_by_name(
    visitor: Visitor, resource: str, shared: Path
) -> None:
    strings = everything(shared)
    operation = found(f"POST /v1/accounting/{resource}")
    kept = refused = 0
    for start in range(0, len(strings), len(TEXTS[resource])):
        given = dict(zip(TEXTS[resource], strings[start:], strict=False))
        answer = await visitor.knock(operation, content=body_with(visitor, operation, given))
        if answer.status_code == 422:
            named = {error["field"] for error in answer.json()["errors"]}
            assert named, answer.text
            assert named <= given.keys(), answer.text
            refused += len(named)
            given = {path: text for path, text in given.items() if path not in named}
            answer = await visitor.knock(operation, content=body_with(visitor, operation, given))
        assert answer.status_code == 201, answer.text
        data = answer.json()["data"]
        kept += len(given)
        changed = {p: (t, value_at(data, p)) for p, t in given.items()}
        assert [pair for pair in changed.values() if pair[0] != pair[1]] == []
    print(f"{resource}: {kept} texts kept, {refused} refused")
    assert kept >= 700


def body_with(visitor: Visitor, operation: Operation, given: dict[str, str]) -> bytes:
    """The fitting body with other texts. The standard library's JSON: it can write half a surrogate pair."""
    body: Any = visitor.body(operation)
    for path, text in given.items():
        body = placed(body, operation.body_schema or {}, path, text)
    return json.dumps(body).encode()


async def test_a_text_as_a_query_value_is_searched_for_or_refused_by_name(
    visitor: Visitor, shared: Path
) -> None:
    statuses = Counter[int]()
    lists = [(operation, name) for operation, name in LISTS if visitor.can(operation)]
    for number, text in enumerate(everything(shared)):
        operation, name = lists[number % len(lists)]
        value = quote(text, safe="", errors="surrogatepass")
        listed = operation.name == "list" and name not in ("fields", "limit")
        summary = "&fields=summary&limit=1" if operation.resource and listed else ""
        answer = await visitor.knock(operation, query=f"{name}={value}{summary}")
        statuses[answer.status_code] += 1
        if answer.status_code == 422:
            assert name in {error["field"] for error in answer.json()["errors"]}, (text, answer.text)
        assert answer.status_code != 501 or name == "search"  # of Kontor's own copy, and there is none
    print(f"query values: {dict(statuses)}")
    assert set(statuses) <= {200, 400, 422, 501}


HEADERS = {
    "X-API-KEY": ("GET /v1/connections", {401}),
    "X-ACCOUNT-KEY": ("GET /v1/accounting/company", {400, 404}),
    "Idempotency-Key": ("POST /v1/accounting/items", {201, 400}),
    "If-Match": ("PATCH /v1/accounting/items/{id}", {412}),
    "Accept": ("GET /v1/accounting/invoices/{id}/document", {200, 406}),
    "Content-Type": ("POST /v1/return-urls", {415}),
    "Request-Id": ("GET /v1/targets", {200}),
    "X-Forwarded-For": ("GET /v1/targets", {200}),
    "Accept-Language": ("GET /v1/targets", {200}),
}


@pytest.mark.parametrize("header", HEADERS)
async def test_a_text_in_a_header_is_never_a_fault(visitor: Visitor, header: str, shared: Path) -> None:
    label, expected = HEADERS[header]
    operation = found(label)
    # Servers refuse line ends and other control characters before we see them.
    strings = [text for text in everything(shared)[::5] if text.isprintable()]
    for text in strings:
        answer = await visitor.knock(operation, headers={header: text.strip()})
        assert answer.status_code in expected | ({412, 200} if text.strip() == "*" else set()), repr(text)
        assert text.strip() != answer.headers["request-id"]
    assert len(strings) >= 150


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml", "application/json", "image/svg+xml"])
async def test_xml_enters_nowhere(visitor: Visitor, media_type: str, shared: Path) -> None:
    pages = [text for text in attacks(shared) if text.startswith("<")]
    assert len(pages) >= 4
    for operation in OPERATIONS:
        if operation.media_type and visitor.can(operation):
            for page in pages:
                answer = await visitor.knock(
                    operation, content=page.encode(), headers={"Content-Type": media_type}
                )
                as_json = media_type == "application/json" and not operation.takes_form
                assert answer.status_code == (400 if as_json else 415)

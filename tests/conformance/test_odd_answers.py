"""Answers that say 200 and are not what they should be: broken, never empty, never a fault of ours."""

import json
from typing import Any

import pytest

from connectors.base.errors import KontorError, OutcomeUnknown, RecordNotFound, UpstreamBroken
from connectors.base.paging import ListQuery
from connectors.base.wire import Answer, Call
from connectors.lexoffice import CONNECTOR
from schemas import RESOURCES
from schemas.payments import PaymentFilters
from tests.conformance import bodies
from tests.conformance.vendor import Books, TwinWire
from tests.mapping.builders import sample

pytestmark = pytest.mark.anyio

ID = "97dcc1f6-e8d2-4d68-badb-71865edbf62f"
READS = [name for name in RESOURCES if CONNECTOR.supports(name, "get")]
LISTS = [name for name in RESOURCES if CONNECTOR.supports(name, "list")]
A_RATE = "DE-standard-19-2021-01-01"
NO_OBJECT = [
    b"",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'"text"',
    b"<html><body>Wartung</body></html>",
    b'{"message":"Internal server error or rate limit exceeded"}',
    b'{"id":5}',
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"id":"' + ID.encode() + b'"}',
    sample("error-regular.response"),
]
"""What is no object and no page of any kind."""
WHOLE = {"accounts", "payment-terms", "print-layouts", "tax-rates", "bank-accounts"}
"""Lists that the vendor answers as a bare array: an empty one is a list too, and has no object."""
CELLS = [(name, content) for name in LISTS for content in NO_OBJECT if name not in WHOLE or content != b"[]"]


class Scripted(TwinWire):
    """A vendor that answers every call the same."""

    def __init__(self, books: Books, content: bytes) -> None:
        super().__init__(books.app, books.key)
        self._content = content

    async def send(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer(status=200, headers={}, content=self._content)


def resource(name: str, books: Books, content: bytes) -> Any:
    return CONNECTOR.resources[name](books.session(Scripted(books, content)))


def asked(name: str) -> ListQuery:
    """A list in its plainest form."""
    filters = PaymentFilters(document_id=ID) if name == "payments" else RESOURCES[name].filters()
    return ListQuery(filters=filters, limit=25)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("content", NO_OBJECT, ids=range(len(NO_OBJECT)))
async def test_what_is_no_object_is_broken(books: Books, name: str, content: bytes) -> None:
    ids = () if RESOURCES[name].singleton else (A_RATE if name == "tax-rates" else ID,)
    looked_for = name in WHOLE - {"bank-accounts"} and content == b"[]"
    kind = RecordNotFound if looked_for else UpstreamBroken

    with pytest.raises(kind):
        await resource(name, books, content).get(*ids)


@pytest.mark.parametrize(("name", "content"), CELLS, ids=range(len(CELLS)))
async def test_what_is_no_page_is_broken_and_not_empty(books: Books, name: str, content: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        await resource(name, books, content).list(asked(name))


@pytest.mark.parametrize("name", sorted(WHOLE))
@pytest.mark.parametrize("row", [None, 5, {}, {"id": None}, {"id": ID}, []])
async def test_a_row_of_a_bare_array_that_is_none_is_broken(books: Books, name: str, row: Any) -> None:
    with pytest.raises(UpstreamBroken):
        await resource(name, books, json.dumps([row]).encode()).list(asked(name))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("row", [None, 5, {}, {"id": None}, {"id": ID}, []])
async def test_a_row_that_is_none_is_broken(books: Books, name: str, row: Any) -> None:
    page = {"content": [row], "last": True, "totalElements": 1, "number": 0}

    with pytest.raises(UpstreamBroken):
        await resource(name, books, json.dumps(page).encode()).list(asked(name))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("voucherDate", "2026-03-02"),
        ("voucherDate", "2026-03-02T00:00:00.000"),
        ("voucherDate", "0001-01-01T00:00:00.000+14:00"),
        ("voucherDate", "9999-12-31T23:59:59.999-12:00"),
        ("voucherStatus", None),
        ("lineItems", {}),
        ("lineItems", [{"type": "custom", "quantity": "NaN"}]),
        ("lineItems", [{"type": "custom", "quantity": "sNaN"}]),
        ("lineItems", [{"type": "custom", "quantity": "1E+999999999"}]),
        ("lineItems", [{"type": "custom", "quantity": "1E-999999999"}]),
        ("lineItems", [{"type": "custom", "lineItemAmount": "Infinity"}]),
        ("taxAmounts", [{"taxRatePercentage": 19}]),
        ("taxConditions", None),
        ("totalPrice", {"totalGrossAmount": "1E+400"}),
    ],
)
async def test_a_value_that_cannot_be_is_broken(books: Books, field: str, value: Any) -> None:
    content = json.dumps(json.loads(sample("invoice.response")) | {field: value}).encode()

    with pytest.raises(UpstreamBroken):
        await resource("invoices", books, content).get(ID)


@pytest.mark.parametrize("content", NO_OBJECT[:-2], ids=range(len(NO_OBJECT) - 2))
async def test_a_write_answered_by_nonsense_has_an_unknown_outcome(books: Books, content: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        await resource("invoices", books, content).create(bodies.invoice())


async def test_a_write_answered_with_an_id_and_read_back_as_nonsense_names_the_id(books: Books) -> None:
    content = b'{"id":"' + ID.encode() + b'"}'

    with pytest.raises(KontorError) as told:
        await resource("invoices", books, content).create(bodies.invoice())

    assert told.value.code == "written_not_read"
    assert told.value.extra == {"id": ID}

"""Names that only reading has, in a body: told apart from typing errors, harmless when sent back as read."""

from decimal import Decimal
from typing import Any

import pytest

from gateway.api.changes import MergePatch
from gateway.api.intake import fit
from gateway.errors import Invalid
from schemas.base import Input, Unified
from schemas.invoices import Invoice, InvoiceInput

LINE = {"type": "text", "name": "Danke"}
BODY: dict[str, Any] = {"issuedOn": "2026-11-20", "buyer": {"customerId": "c"}, "lines": [LINE]}


def named(body: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as told:
        fit(body, InvoiceInput, Invoice)
    return [(error.field, error.code) for error in told.value.errors]


def test_a_field_that_only_reading_has_is_named_as_read_only() -> None:
    assert named(BODY | {"number": "RE1001"}) == [("number", "read_only")]


def test_one_that_nobody_has_is_unknown() -> None:
    assert named(BODY | {"nummer": "RE1001"}) == [("nummer", "unknown_field")]


def test_deep_ones_are_named_by_their_path_together_with_all_other_misfits() -> None:
    body = {
        "issuedOn": "gestern",
        "buyer": {"customerId": "c", "contactPerson": "Frau Brandt"},
        "lines": [LINE, LINE | {"amount": "1.00", "vendorType": "text"}],
        "totals": {"gross": "1.00"},
    }

    assert named(body) == [
        ("buyer.contactPerson", "read_only"),
        ("lines[1].amount", "read_only"),
        ("lines[1].vendorType", "read_only"),
        ("totals", "read_only"),
        ("issuedOn", "value"),
    ]


def test_at_most_a_hundred_are_named() -> None:
    lines = [LINE | {"amount": "1.00"} for _ in range(150)]

    assert len(named(BODY | {"lines": lines})) == 100


class Part(Unified, kw_only=True, frozen=True):
    name: str
    sum: Decimal | None


class PartInput(Input, kw_only=True, frozen=True):
    name: str


class Whole(Unified, kw_only=True, frozen=True):
    version: str | None
    number: str
    open: Decimal
    parts: list[Part]


class WholeInput(Input, kw_only=True, frozen=True):
    parts: list[PartInput] = []


CURRENT = Whole(version="3", number="RE1", open=Decimal("19.00"), parts=[Part(name="a", sum=Decimal("1.50"))])
WRITABLE = WholeInput(parts=[PartInput(name="a")])


def patched(patch: dict[str, Any]) -> WholeInput:
    return MergePatch(patch, '"3"').merged(CURRENT, WRITABLE)


def test_what_was_read_can_be_sent_back_with_a_change() -> None:
    read = {
        "version": "3",
        "number": "RE1",
        "open": "19.00",
        "parts": [{"name": "b", "sum": "1.50"}],
    }

    assert patched(read) == WholeInput(parts=[PartInput(name="b")])


def test_an_amount_may_come_back_as_a_number() -> None:
    assert patched({"open": 19}) == WRITABLE


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"number": "RE2"}, "number"),
        ({"number": None}, "number"),
        ({"open": "18.00"}, "open"),
        ({"open": "viel"}, "open"),
        ({"parts": [{"name": "a", "sum": "2.00"}]}, "parts[0].sum"),
        ({"parts": [{"name": "a"}, {"name": "b", "sum": "1.50"}]}, "parts[1].sum"),
    ],
)
def test_what_only_the_accounting_system_sets_cannot_be_changed(patch: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as told:
        patched(patch)

    assert [(error.field, error.code) for error in told.value.errors] == [(field, "read_only")]

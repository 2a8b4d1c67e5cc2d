"""Every field that the matrix calls written and read survives the way to the vendor and back."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from connectors.base.field_paths import named, values_at
from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.resources import (
    credit_notes,
    delivery_notes,
    dunnings,
    invoices,
    quotes,
    sales_orders,
)
from gateway.api.matrix import packaged
from schemas import RESOURCES
from schemas.documents import DocumentReferenceInput
from schemas.lines import AlternativeInput, LineInput
from schemas.terms import CashDiscountInput, PaymentTermsInput, ServicePeriodInput
from schemas.totals import DiscountInput
from schemas.trade_parties import BuyerInput, PrintedAddressInput
from tests.mapping.builders import identity, view
from tests.mapping.test_properties import DAYS, ID, PIECES, TEXT, decimals

MODULES: dict[str, Any] = {
    "invoices": invoices,
    "credit-notes": credit_notes,
    "quotes": quotes,
    "sales-orders": sales_orders,
    "delivery-notes": delivery_notes,
    "dunnings": dunnings,
}
OTHER_ID = "e9066f04-8cc7-4616-93f8-ac9ecc8479c8"
MAYBE = st.none() | TEXT
ADDRESS = st.builds(
    PrintedAddressInput,
    supplement=MAYBE,
    street=MAYBE,
    postal_code=MAYBE,
    city=MAYBE,
    country_code=st.sampled_from(["DE", "AT", "ES_CN"]),
)
OF_ITEMS: dict[str, Any] = {**PIECES, "type": st.sampled_from(["product", "service"]), "item_id": st.just(ID)}
FREE: dict[str, Any] = {**PIECES, "type": st.just("custom")}
WRITTEN = st.builds(LineInput, type=st.just("text"), name=TEXT, description=MAYBE)
HEAD: dict[str, Any] = {
    "issued_on": DAYS,
    "buyer": st.builds(BuyerInput, customer_id=st.none() | st.just(OTHER_ID), name=TEXT, address=ADDRESS),
    "currency": st.just("EUR"),
    "tax_treatment": st.sampled_from(["standard", "distance_sales", "electronic_services"]),
    "tax_note": MAYBE,
    "prices_include_tax": st.booleans(),
    "discount": st.none()
    | st.builds(DiscountInput, percentage=decimals(2, 100))
    | st.builds(DiscountInput, amount=decimals(2, 1_000)),
    "language": st.none() | st.sampled_from(["de", "en"]),
    "title": MAYBE,
    "introduction": MAYBE,
    "remark": MAYBE,
    "print_layout_id": st.none() | st.just(ID),
    "finalize": st.booleans(),
}
CASH = st.builds(CashDiscountInput, percentage=decimals(2, 100), days=st.integers(0, 3650))
OWN: dict[str, Any] = {
    "buyer_reference": MAYBE,
    "delivery_terms": MAYBE,
    "valid_until": DAYS,
    "payment_terms": st.none()
    | st.builds(
        PaymentTermsInput, description=TEXT, due_days=st.integers(0, 3650), cash_discount=st.none() | CASH
    ),
    "service_period": st.none()
    | st.builds(
        lambda kind, days: ServicePeriodInput(kind=kind, starts_on=min(days), ends_on=max(days)),
        st.sampled_from(["service", "delivery"]),
        st.tuples(DAYS, DAYS),
    ),
}


def bodies(resource: str) -> st.SearchStrategy[Any]:
    """Bodies that hold, between them, whatever the resource takes."""
    struct = RESOURCES[resource].create
    assert struct is not None
    takes = {field.name for field in msgspec.structs.fields(struct)}
    head = {name: values for name, values in {**HEAD, **OWN}.items() if name in takes}
    pieces = [FREE, OF_ITEMS]
    if resource in ("credit-notes", "delivery-notes"):
        pieces = [{**one, "discount_percentage": st.none()} for one in pieces]
    if resource == "delivery-notes":
        head.pop("discount")
    choices: dict[str, Any] = {}
    if resource == "quotes":
        others = st.builds(AlternativeInput, **FREE) | st.builds(AlternativeInput, **OF_ITEMS)
        choices = {"optional": st.booleans(), "alternatives": st.lists(others, max_size=2)}
    if resource == "dunnings":
        head["preceding_documents"] = st.just([DocumentReferenceInput(id=ID)])
        head["finalize"] = st.just(False)
    lines = st.one_of(WRITTEN, *(st.builds(LineInput, **one, **choices) for one in pieces))
    return st.builds(struct, **head, lines=st.lists(lines, min_size=1, max_size=3))


def claimed(resource: str) -> set[str]:
    """What is written into the body and read, by the matrix; parameters of the call come back otherwise."""
    found = packaged().of("lexoffice", resource)
    read = {field.path for field in found.read if field.level == "yes"}
    written = [field for field in found.create or () if field.level == "yes"]
    sent = {field.path for field in written if not all(name.startswith("?") for name in field.vendor_fields)}
    return (sent & read) | {"currency"}


def told(resource: str, value: Any, of: type[msgspec.Struct]) -> list[tuple[str, Any]]:
    """What a written or read object holds in the claimed fields, in order."""
    leaves = {path: leaf for path, leaf in named(of).items() if path in claimed(resource)}
    held = values_at(msgspec.to_builtins(value), leaves)
    return [
        (path, Decimal(text) if isinstance(leaves[path].kind, inspect.DecimalType) else text)
        for path, text in held
    ]


def read_back(resource: str, body: Any) -> Any:
    """What the vendor would show of a body just sent."""
    module = MODULES[resource]
    assert list(module.misfits(body, identity())) == []
    content = ENCODER.encode(module.to_native(body, identity()))
    answer = content[:-1] + b',"voucherStatus":"draft","id":"' + ID.encode() + b'"}'
    return module.to_unified(module.DECODER.decode(answer), view(resource=resource))


def chosen(value: Any) -> bool:
    """Said by the caller: what stays as it is when left out says nothing."""
    return value not in (None, False, Decimal(0))


@pytest.mark.parametrize("resource", MODULES)
def test_a_field_that_is_claimed_both_ways_keeps_its_value(resource: str) -> None:
    struct, model = RESOURCES[resource].create, RESOURCES[resource].model
    assert struct is not None
    seen: set[str] = set()

    @settings(max_examples=60, deadline=None, database=None)
    @given(bodies(resource))
    def check(body: Any) -> None:
        given_values = [one for one in told(resource, body, struct) if chosen(one[1])]
        back = [one for one in told(resource, read_back(resource, body), model) if chosen(one[1])]
        names = {path for path, _ in given_values}
        seen.update(names)
        for path in names:
            assert [one for one in back if one[0] == path] == [one for one in given_values if one[0] == path]

    check()
    assert claimed(resource) - seen == set()

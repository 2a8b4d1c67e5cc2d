"""What holds for every document and every amount, not only for the samples (REL-8)."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.mapping import amount, plain, unit_amount
from connectors.base.wire import Answer
from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.days import day_before, local_day, midnight
from connectors.lexoffice.errors import translate
from connectors.lexoffice.native.contacts import Contact
from connectors.lexoffice.native.vouchers import Voucher
from connectors.lexoffice.parties import reading as parties
from connectors.lexoffice.parties import writing as contacts
from connectors.lexoffice.paths import DOCUMENT_PATHS
from connectors.lexoffice.resources import (
    bills,
    delivery_notes,
    dunnings,
    quotes,
    sales_orders,
    sales_vouchers,
    vendor_credits,
)
from connectors.lexoffice.resources.invoices import DECODER, misfits, to_native, to_unified
from connectors.lexoffice.vouchers.kinds import View as VoucherView
from connectors.lexoffice.vouchers.writing import NOT_SENT_BACK, parts, replacement
from schemas.customers import Customer, CustomerInput
from schemas.delivery_notes import DeliveryNoteInput
from schemas.documents import DocumentReferenceInput
from schemas.dunnings import DunningInput
from schemas.invoices import Invoice, InvoiceInput
from schemas.lines import AlternativeInput, LineInput
from schemas.parties import Address, AddressInput, CompanyInput, EmailsInput, PersonInput, PhonesInput
from schemas.quotes import QuoteInput
from schemas.recorded_documents import RecordedLineInput
from schemas.sales_orders import SalesOrderInput
from schemas.terms import PaymentTermsInput, ServicePeriodInput
from schemas.totals import DiscountInput
from schemas.trade_parties import BuyerInput, PrintedAddressInput
from tests.mapping.builders import VIEW, identity, view

ID = "c2382a58-1248-4293-832f-562d45e6cc2a"
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=25)
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


def decimals(places: int, most: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(0, most, places=places, allow_nan=False, allow_infinity=False)


PIECES: dict[str, Any] = {
    "type": st.just("custom"),
    "name": TEXT,
    "description": st.none() | TEXT,
    "quantity": decimals(4, 10_000),
    "unit_name": TEXT,
    "unit_price": decimals(4, 1_000_000),
    "discount_percentage": st.none() | decimals(2, 100),
    "tax_rate": st.sampled_from([Decimal(0), Decimal(7), Decimal(19)]),
}
PRICED = st.builds(LineInput, **PIECES)
WRITTEN = st.builds(LineInput, type=st.just("text"), name=TEXT, description=st.none() | TEXT)
INPUT = st.builds(
    InvoiceInput,
    issued_on=DAYS,
    buyer=st.builds(
        BuyerInput,
        customer_id=st.none() | st.just(ID),
        name=TEXT,
        address=st.builds(
            PrintedAddressInput,
            street=st.none() | TEXT,
            postal_code=st.none() | TEXT,
            city=st.none() | TEXT,
            country_code=st.sampled_from(["DE", "AT", "ES_CN"]),
        ),
    ),
    lines=st.lists(PRICED | WRITTEN, min_size=1, max_size=4),
    tax_treatment=st.sampled_from(["standard", "distance_sales", "electronic_services"]),
    prices_include_tax=st.booleans(),
    discount=st.none() | st.builds(DiscountInput, percentage=decimals(2, 100)),
    language=st.none() | st.sampled_from(["de", "en"]),
    title=st.none() | TEXT,
    remark=st.none() | TEXT,
    payment_terms=st.none() | st.builds(PaymentTermsInput, due_days=st.integers(0, 3650)),
    service_period=st.none() | st.builds(ServicePeriodInput, kind=st.just("delivery"), starts_on=DAYS),
    buyer_reference=st.none() | TEXT,
)


def shown(body: InvoiceInput) -> tuple[Invoice, bytes]:
    """What the vendor would show of a body just sent, and what was sent."""
    content = ENCODER.encode(to_native(body, identity()))
    answer = content[:-1] + b',"voucherStatus":"draft","id":"' + ID.encode() + b'"}'
    return to_unified(DECODER.decode(answer), VIEW), content


def read_address(written: PrintedAddressInput | None) -> Address:
    assert written is not None
    return Address(**msgspec.structs.asdict(written))


@settings(max_examples=150, deadline=None)
@given(INPUT)
def test_what_is_written_reads_back_the_same(body: InvoiceInput) -> None:
    assert list(misfits(body, identity())) == []
    back, _ = shown(body)

    assert back.issued_on == body.issued_on
    assert (back.buyer.customer_id, back.buyer.name) == (body.buyer.customer_id, body.buyer.name)
    assert back.buyer.address == read_address(body.buyer.address)
    assert back.tax_treatment.value == body.tax_treatment
    assert back.prices_include_tax is body.prices_include_tax
    assert (back.title, back.remark, back.language) == (body.title, body.remark, body.language)
    assert back.buyer_reference == body.buyer_reference
    assert back.service_period is not None
    assert back.service_period.starts_on == (body.service_period.starts_on if body.service_period else None)
    assert (back.payment_terms.due_days if back.payment_terms else None) == (
        body.payment_terms.due_days if body.payment_terms else None
    )
    given_discount = body.discount.percentage if body.discount else None
    assert (back.discount.percentage if back.discount else None) == (given_discount or None)
    for line, given_line in zip(back.lines, body.lines, strict=True):
        for name in ("name", "description", "quantity", "unit_name", "unit_price", "tax_rate"):
            assert getattr(line, name) == getattr(given_line, name)
        assert line.discount_percentage == given_line.discount_percentage


HEAD = {
    "issued_on": DAYS,
    "buyer": st.builds(
        BuyerInput, name=TEXT, address=st.builds(PrintedAddressInput, country_code=st.just("DE"))
    ),
    "tax_treatment": st.sampled_from(["standard", "distance_sales"]),
    "prices_include_tax": st.booleans(),
    "title": st.none() | TEXT,
    "introduction": st.none() | TEXT,
    "remark": st.none() | TEXT,
}
PERIOD = st.none() | st.builds(ServicePeriodInput, kind=st.just("service"), starts_on=DAYS, ends_on=st.none())
TERMS = st.none() | st.builds(PaymentTermsInput, description=TEXT, due_days=st.integers(0, 3650))
CHOICE = st.builds(
    LineInput,
    **PIECES,
    optional=st.booleans(),
    alternatives=st.lists(st.builds(AlternativeInput, **PIECES), max_size=2),
)
UNPRICED = st.builds(
    LineInput, type=st.just("custom"), name=TEXT, quantity=decimals(4, 10_000), unit_name=TEXT
)
WHOLE = st.lists(PRICED | WRITTEN, min_size=1, max_size=3)
OTHERS = (
    st.builds(
        QuoteInput,
        **HEAD,
        lines=st.lists(CHOICE | WRITTEN, min_size=1, max_size=3),
        valid_until=DAYS,
        payment_terms=TERMS,
    )
    | st.builds(
        SalesOrderInput,
        **HEAD,
        lines=WHOLE,
        service_period=PERIOD,
        payment_terms=TERMS,
        delivery_terms=st.none() | TEXT,
    )
    | st.builds(
        DeliveryNoteInput,
        **HEAD,
        lines=st.lists(UNPRICED | WRITTEN, min_size=1, max_size=3),
        service_period=PERIOD,
        delivery_terms=st.none() | TEXT,
    )
    | st.builds(
        DunningInput,
        **HEAD,
        lines=WHOLE,
        service_period=PERIOD,
        preceding_documents=st.just([DocumentReferenceInput(id=ID)]),
    )
)
MODULES: dict[type, Any] = {
    QuoteInput: quotes,
    SalesOrderInput: sales_orders,
    DeliveryNoteInput: delivery_notes,
    DunningInput: dunnings,
}
SAME = ("issued_on", "prices_include_tax", "title", "introduction", "remark", "valid_until", "delivery_terms")


@settings(max_examples=200, deadline=None)
@given(OTHERS)
def test_what_is_written_of_the_others_reads_back_the_same(body: Any) -> None:
    module = MODULES[type(body)]
    assert list(module.misfits(body, identity())) == []
    content = ENCODER.encode(module.to_native(body, identity()))
    answer = content[:-1] + b',"voucherStatus":"draft","id":"' + ID.encode() + b'"}'
    back = module.to_unified(module.DECODER.decode(answer), view(resource=module.NOUN.resource))

    for name in SAME:
        assert getattr(back, name, None) == getattr(body, name, None)
    assert back.tax_treatment.value == body.tax_treatment
    for field, name in (("payment_terms", "due_days"), ("service_period", "starts_on")):
        given_part, read_part = getattr(body, field, None), getattr(back, field)
        assert getattr(read_part, name, None) == getattr(given_part, name, None)
    same_lines(back.lines, body.lines)


def same_lines(back: Any, given: Any) -> None:
    for line, given_line in zip(back, given, strict=True):
        for name in ("name", "description", "quantity", "unit_name", "unit_price", "tax_rate"):
            assert getattr(line, name) == getattr(given_line, name)
        assert line.optional is getattr(given_line, "optional", False)
        same_lines(line.alternatives, getattr(given_line, "alternatives", []))
        assert all(other.alternative for other in line.alternatives)


@settings(max_examples=100, deadline=None)
@given(INPUT)
def test_money_is_never_a_float_nor_an_exponent(body: InvoiceInput) -> None:
    back, content = shown(body)

    assert not any(isinstance(value, float) for value in _leaves(back))
    assert not any("E" in str(value).upper() for value in _leaves(back) if isinstance(value, Decimal))
    numbers: list[str] = []
    json.loads(content, parse_float=numbers.append, parse_int=numbers.append)
    assert not any("e" in number.lower() for number in numbers)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, msgspec.Struct):
        return [leaf for name in value.__struct_fields__ for leaf in _leaves(getattr(value, name))]
    if isinstance(value, list):
        return [leaf for entry in value for leaf in _leaves(entry)]
    return [value]


@given(st.decimals(-(10**13), 10**13, places=4, allow_nan=False, allow_infinity=False))
def test_an_amount_has_two_decimals_and_is_half_a_cent_off_at_most(value: Decimal) -> None:
    rounded = amount(value)

    assert rounded.as_tuple().exponent == -2
    assert abs(rounded - value) <= Decimal("0.005")


@given(st.decimals(-(10**9), 10**9, places=4, allow_nan=False, allow_infinity=False))
def test_a_unit_price_and_a_plain_number_keep_their_value(value: Decimal) -> None:
    price = unit_amount(value)

    assert price == value == plain(value)
    assert price is not None
    assert -4 <= int(price.as_tuple().exponent) <= -2


@given(DAYS)
def test_a_day_survives_the_way_out_and_back(day: date) -> None:
    assert local_day(datetime.fromisoformat(midnight(day))) == day


@given(DAYS)
def test_a_day_is_written_as_the_vendor_demands(day: date) -> None:
    written = midnight(day)

    assert written[10:23] == "T00:00:00.000"
    assert len(written) == len("2026-03-02T00:00:00.000+01:00")


@given(st.datetimes(timezones=st.just(UTC)))
def test_the_day_before_is_before_any_change_of_that_day(instant: datetime) -> None:
    if 1901 <= instant.year <= 2198:
        assert day_before(instant) == local_day(instant) - timedelta(days=1)
    else:
        assert day_before(instant).year in (1901, 2199)


PARTY = st.builds(
    CustomerInput,
    company=st.builds(CompanyInput, name=TEXT, vat_id=st.none() | st.just("DE136695976")),
    billing_addresses=st.lists(st.builds(AddressInput, city=TEXT, country_code=st.just("DE")), max_size=1),
    emails=st.builds(EmailsInput, business=st.lists(st.just("a@b.example"), max_size=1)),
    phones=st.builds(PhonesInput, fax=st.lists(st.just("0781 5550-20"), max_size=1)),
    note=st.none() | TEXT,
) | st.builds(CustomerInput, person=st.builds(PersonInput, first_name=st.none() | TEXT, last_name=TEXT))


@settings(max_examples=100, deadline=None)
@given(PARTY)
def test_a_written_customer_reads_back_the_same(body: CustomerInput) -> None:
    sent = msgspec.json.decode(ENCODER.encode(contacts.new_contact(body, "customer")))
    contact = msgspec.convert(sent | {"id": ID}, Contact)
    assert contact.roles.customer is not None

    customer = Customer(**parties.fields(contact, "", contact.roles.customer))

    assert contacts.to_input(customer, CustomerInput) == body


@given(status=st.integers(100, 599), content=st.binary(max_size=200), writes=st.booleans())
def test_any_answer_becomes_an_error_of_ours(status: int, content: bytes, writes: bool) -> None:
    error = translate(Answer(status=status, headers={}, content=content), DOCUMENT_PATHS, writes=writes)

    assert error.upstream is not None
    assert error.upstream.status == status


ITEM = st.fixed_dictionaries(
    {
        "amount": decimals(2, 1_000_000),
        "taxAmount": decimals(2, 100_000),
        "taxRatePercent": st.sampled_from([Decimal(0), Decimal(7), Decimal("19.00")]),
        "categoryId": st.sampled_from([ID, "16d04a28-fd91-11e1-a21f-0800200c9a66"]),
    },
    optional={"tomorrow": TEXT},
)
DAY = DAYS.map(midnight)
VOUCHER = st.fixed_dictionaries(
    {
        "id": st.just(ID),
        "voucherStatus": st.sampled_from(
            ["open", "unchecked", "paid", "paidoff", "transferred", "sepadebit"]
        ),
        "voucherNumber": TEXT,
        "voucherDate": DAY,
        "totalGrossAmount": decimals(2, 10_000_000),
        "totalTaxAmount": decimals(2, 1_000_000),
        "taxType": st.sampled_from(["net", "gross"]),
        "voucherItems": st.lists(ITEM, min_size=1, max_size=5),
        "version": st.integers(0, 1000),
    },
    optional={
        "organizationId": st.just(ID),
        "dueDate": DAY,
        "remark": TEXT,
        "files": st.lists(st.uuids().map(str), max_size=4),
        "createdDate": DAY,
        "tomorrow": st.dictionaries(TEXT, st.integers() | TEXT, max_size=2),
    },
)
PARTY_OF = st.one_of(
    st.just({"useCollectiveContact": False, "contactId": ID}),
    st.builds(lambda name: {"useCollectiveContact": True, "contactName": name}, TEXT),
    st.just({"useCollectiveContact": True}),
)
KINDS_OF_VOUCHERS: list[tuple[Any, list[str]]] = [
    (bills, ["purchaseinvoice"]),
    (vendor_credits, ["purchasecreditnote"]),
    (sales_vouchers, ["salesinvoice", "salescreditnote"]),
]


@pytest.mark.parametrize(("resource", "types"), KINDS_OF_VOUCHERS, ids=lambda value: str(value)[:40])
@settings(max_examples=150, deadline=None)
@given(voucher=VOUCHER, party=PARTY_OF, data=st.data())
def test_a_voucher_read_and_sent_back_keeps_every_field(
    resource: Any, types: list[str], voucher: dict[str, Any], party: dict[str, Any], data: st.DataObject
) -> None:
    sent = {**voucher, **party, "type": data.draw(st.sampled_from(types))}
    if sent["type"].startswith("sales"):
        sent |= data.draw(st.fixed_dictionaries({}, optional={"shippingDate": DAY}))
    noun: Any = resource.NOUN
    raw = msgspec.convert(sent, Voucher, strict=False)
    body = resource.to_input(resource.to_unified(raw, VOUCHER_VIEW))

    back = replacement(sent, parts(body, noun), booking=False)

    days = {n: local_day(datetime.fromisoformat(sent[n])).isoformat() for n in DAYS_OF_VOUCHERS if n in sent}
    due = {"dueDate": days["voucherDate"]} if not body.needs_review else {}
    kept = {n: v for n, v in sent.items() if n not in NOT_SENT_BACK}
    assert back == kept | due | days


DAYS_OF_VOUCHERS = ("voucherDate", "dueDate", "shippingDate")
VOUCHER_VIEW = VoucherView(app="", today=date(2026, 11, 20), company=None, actions=lambda raw: [])


@settings(max_examples=100, deadline=None)
@given(voucher=VOUCHER, party=PARTY_OF, lines=st.lists(ITEM, min_size=1, max_size=6))
def test_whatever_becomes_of_the_lines_files_and_unknown_fields_stay(
    voucher: dict[str, Any], party: dict[str, Any], lines: list[dict[str, Any]]
) -> None:
    sent = {**voucher, **party, "type": "purchaseinvoice"}
    raw = msgspec.convert(sent, Voucher, strict=False)
    body = bills.to_input(bills.to_unified(raw, VOUCHER_VIEW))
    changed = [
        RecordedLineInput(account_id=i["categoryId"], amount=i["amount"], tax_rate=i["taxRatePercent"])
        for i in lines
    ]

    back = replacement(sent, parts(msgspec.structs.replace(body, lines=changed), bills.NOUN), booking=True)

    assert {n: back.get(n) for n in ("files", "tomorrow", "version", "id")} == {
        n: sent.get(n) for n in ("files", "tomorrow", "version", "id")
    }
    assert len(back["voucherItems"]) == len(lines)
    assert back["voucherStatus"] == "open"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["IssueList", "details", "message", "i18nKey", "source", "field", "traceId"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_becomes_an_error_of_ours(body: Any) -> None:
    content = json.dumps(body).encode()

    assert translate(Answer(status=406, headers={}, content=content), DOCUMENT_PATHS).status in (412, 422)

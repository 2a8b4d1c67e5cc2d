from decimal import Decimal
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta

from gateway.api.intake import fit, fit_query, parse_json, parse_query
from gateway.errors import Invalid, Malformed
from schemas.base import Input
from schemas.invoices import InvoiceInput
from schemas.money import Amount, Percentage, UnitAmount
from schemas.sales_documents import SalesFilters

MALFORMED = {
    "nothing": b"",
    "two values": b"1 2",
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice, once escaped": b'{"a": 1, "\\u0061": 2}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "not UTF-8": b'{"a": "\xff"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "65 levels": b"[" * 65 + b"]" * 65,
    "1,001 levels": b"[" * 1001 + b"]" * 1001,
    "100,000 brackets": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "a raw control character": b'{"a": "\x01"}',
    "a trailing comma": b"[1,]",
    "an exponent no decimal holds": b'{"a": 1e99999999999999999999}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_body_that_readers_would_understand_differently_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(body)


def test_64_levels_are_read() -> None:
    assert parse_json(b"[" * 64 + b"]" * 64) is not None


def test_brackets_inside_a_text_are_no_levels() -> None:
    text = "[" * 200 + '\\"]'

    assert parse_json(f'{{"a": "{text}"}}'.encode()) == {"a": text.replace('\\"', '"')}


@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\ud800", "\\udfff x"])
def test_text_that_cannot_be_stored_is_refused_with_its_path(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_json(f'{{"lines": [{{"name": "{text}"}}]}}'.encode())

    assert [error.field for error in caught.value.errors] == ["lines[0].name"]


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_json(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_numbers_keep_every_digit() -> None:
    assert parse_json(b'{"a": 1190.10, "b": 12345678901234567890}') == {
        "a": Decimal("1190.10"),
        "b": Decimal("12345678901234567890"),
    }


@pytest.mark.needs("shared")
def test_every_body_of_the_json_test_suite_is_accepted_or_refused_as_its_name_says(shared: Path) -> None:
    files = sorted((shared / "data/json/test_parsing").glob("*.json"))
    assert len(files) > 200
    wrong = [file.name for file in files if not _as_named(file)]
    assert wrong == []


# Valid by the letter of RFC 8259, refused on purpose.
REFUSED_ON_PURPOSE = {
    "y_object_duplicated_key.json": "a key twice",
    "y_object_duplicated_key_and_value.json": "a key twice",
    "y_string_null_escape.json": "U+0000",
    "y_object_escaped_null_in_key.json": "U+0000",
}


def _as_named(file: Path) -> bool:
    try:
        parse_json(file.read_bytes())
    except (Malformed, Invalid):
        return file.name[0] != "y" or file.name in REFUSED_ON_PURPOSE
    return file.name[0] != "n" and file.name not in REFUSED_ON_PURPOSE


class Priced(Input, kw_only=True, frozen=True):
    amount: Amount | None = None
    price: UnitAmount | None = None
    rate: Percentage | None = None
    name: Annotated[str, Meta(max_length=5)] | None = None
    inner: list["Priced"] = []


BAD_DECIMALS = {
    "NaN": "NaN",
    "signalling NaN": "sNaN",
    "Infinity": "Infinity",
    "minus infinity": "-Infinity",
    "a huge exponent": "1E+1000000",
    "a tiny exponent": "1E-1000000",
    "three decimals": "1.234",
    "16 digits": "12345678901234.56",
    "an exponent": "1E+3",
    "an exponent in lower case": "1e2",
    "blanks around it": " 1 ",
    "an underscore": "1_000",
    "a sign too many": "+1",
    "no digit before the point": ".5",
    "no digit after the point": "1.",
    "a leading zero": "01",
    "digits of another script": "١٢",
    "full-width digits": "１２",
}


@pytest.mark.parametrize("text", BAD_DECIMALS.values(), ids=BAD_DECIMALS.keys())
@pytest.mark.parametrize("field", ["amount", "inner[0].amount"])
def test_a_decimal_that_is_no_amount_is_refused_by_its_path(text: str, field: str) -> None:
    value = {"amount": text} if field == "amount" else {"inner": [{"amount": text}]}

    with pytest.raises(Invalid) as caught:
        fit(value, Priced)

    assert [(error.field, error.code) for error in caught.value.errors] == [(field, "decimal")]


def test_a_number_with_16_digits_by_its_exponent_is_refused() -> None:
    with pytest.raises(Invalid):
        fit({"amount": Decimal("1E+15")}, Priced)


def test_a_number_with_an_exponent_is_the_number_it_says() -> None:
    assert fit({"amount": Decimal("1E+3")}, Priced).amount == Decimal(1000)


@pytest.mark.parametrize("text", ["0", "-0.01", "1234567890123.45", "0.10"])
def test_a_decimal_within_two_places_and_15_digits_is_an_amount(text: str) -> None:
    assert fit({"amount": text}, Priced).amount == Decimal(text)


def test_a_unit_price_has_four_places_and_no_fifth() -> None:
    assert fit({"price": "0.0375"}, Priced).price == Decimal("0.0375")
    with pytest.raises(Invalid):
        fit({"price": "0.03755"}, Priced)


@pytest.mark.parametrize("rate", ["-0.01", "100.01"])
def test_a_percentage_lies_between_0_and_100(rate: str) -> None:
    with pytest.raises(Invalid):
        fit({"rate": rate}, Priced)


def test_all_misfits_are_named_at_once() -> None:
    body = {
        "issuedOn": "2026-13-01",
        "total": 1,
        "buyer": {"nam": "x"},
        "lines": [{"type": "x", "taxRate": "190"}],
    }

    with pytest.raises(Invalid) as caught:
        fit(body, InvoiceInput)

    assert [(error.field, error.code) for error in caught.value.errors] == [
        ("issuedOn", "value"),
        ("total", "unknown_field"),
        ("buyer.nam", "unknown_field"),
        ("lines[0].type", "type"),
    ]


def test_a_missing_field_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        fit({"buyer": {"name": "x"}, "lines": [{"type": "text"}]}, InvoiceInput)

    assert [(error.field, error.code) for error in caught.value.errors] == [("issuedOn", "missing")]


def test_a_body_that_is_no_object_is_refused() -> None:
    with pytest.raises(Invalid):
        fit([1], InvoiceInput)


def test_a_query_parameter_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        fit_query(parse_query(b"finalized=true"), (SalesFilters,))

    assert [(error.field, error.code) for error in caught.value.errors] == [
        ("finalized", "unknown_parameter")
    ]


def test_a_query_parameter_that_stands_twice_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        parse_query(b"status=open&status=paid")

    assert [error.code for error in caught.value.errors] == ["repeated"]


@pytest.mark.parametrize("query", [b"number=%00", b"%00=1"])
def test_a_query_with_u0000_is_refused(query: bytes) -> None:
    with pytest.raises(Invalid):
        parse_query(query)


@pytest.mark.parametrize("query", [b"number=%ff", b"number=%ED%A0%80"])
def test_a_query_that_is_not_utf8_is_malformed(query: bytes) -> None:
    with pytest.raises(Malformed):
        parse_query(query)


def test_query_values_become_what_their_fields_are() -> None:
    (filters,) = fit_query(parse_query(b"overdue=true&issuedFrom=2026-03-01"), (SalesFilters,))

    assert isinstance(filters, SalesFilters)
    assert (filters.overdue, str(filters.issued_from)) == (True, "2026-03-01")


@pytest.mark.parametrize("text", ["null", "TRUE", "1", "yes", ""])
def test_a_flag_in_a_query_is_true_or_false_and_nothing_else(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        fit_query({"overdue": text}, (SalesFilters,))

    assert [error.field for error in caught.value.errors] == ["overdue"]

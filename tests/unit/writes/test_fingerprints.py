"""Two requests are the same when they ask for the same, however they are written."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest

from gateway.writes.fingerprints import fingerprint


class Line(msgspec.Struct, kw_only=True, rename="camel"):
    name: str
    unit_price: Decimal
    note: str | None = None


class Body(msgspec.Struct, kw_only=True, rename="camel"):
    issued_on: date
    lines: tuple[Line, ...]
    at: datetime | None = None
    finalize: bool = False


def parsed(text: str) -> bytes:
    return fingerprint({"body": msgspec.json.decode(text, type=Body), "id": None, "query": {}})


BODY = (
    '{"issuedOn":"2026-11-20","lines":[{"name":"Arbeit","unitPrice":"119.00"},{"name":"B","unitPrice":"1"}]}'
)

SAME = {
    "order of fields": (
        '{"lines":[{"unitPrice":"119.00","name":"Arbeit"},{"name":"B","unitPrice":"1"}],"issuedOn":"2026-11-20"}'
    ),
    "spacing": BODY.replace(",", " ,\n\t").replace(":", " : "),
    "escapes": BODY.replace("Arbeit", "Arb\\u0065it"),
    "defaults written out": BODY.replace('"issuedOn"', '"finalize":false,"at":null,"issuedOn"'),
    "trailing zeros": BODY.replace("119.00", "119"),
}

OTHER = {
    "another amount": BODY.replace("119.00", "119.01"),
    "another name": BODY.replace("Arbeit", "arbeit"),
    "another day": BODY.replace("2026-11-20", "2026-11-21"),
    "order of lines": (
        '{"issuedOn":"2026-11-20","lines":[{"name":"B","unitPrice":"1"},{"name":"Arbeit","unitPrice":"119.00"}]}'
    ),
    "a line less": '{"issuedOn":"2026-11-20","lines":[{"name":"Arbeit","unitPrice":"119.00"}]}',
    "a note": BODY.replace('"unitPrice":"1"}', '"unitPrice":"1","note":""}'),
    "finalized": BODY.replace('"issuedOn"', '"finalize":true,"issuedOn"'),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_the_same_request_has_the_same_fingerprint(text: str) -> None:
    assert parsed(text) == parsed(BODY)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_another_request_has_another_fingerprint(text: str) -> None:
    assert parsed(text) != parsed(BODY)


def test_the_zone_of_an_instant_makes_no_difference() -> None:
    berlin = timezone(timedelta(hours=1))
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)

    assert fingerprint([noon]) == fingerprint([noon.astimezone(berlin)])
    assert fingerprint([noon]) != fingerprint([noon.replace(tzinfo=berlin)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1"), "1"),
        (Decimal("1"), 1),
        (1, True),
        (None, "null"),
        ({"a": None}, {}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        (["a", "bc"], ["ab", "c"]),
        (b"1", "1"),
    ],
    ids=str,
)
def test_values_of_different_kinds_differ(one: object, other: object) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-0", "1E+1000000", "0E-50"])
def test_an_odd_amount_has_a_fingerprint_of_32_bytes(amount: str) -> None:
    assert len(fingerprint(Decimal(amount))) == 32


def test_zero_is_zero_whatever_its_sign_and_scale() -> None:
    assert fingerprint(Decimal("-0.00")) == fingerprint(Decimal("0"))

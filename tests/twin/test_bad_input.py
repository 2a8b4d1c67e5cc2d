"""Every field of every public create request, bent one at a time: missing, null, of a wrong type, too long,
out of range, outside its enum.

What is not required may be missing or null; all else is refused with the documented status, and by name.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.events import subscriptions
from sandbox.lexoffice.resources import articles, contacts, voucher_rules
from sandbox.lexoffice.sales import intake
from sandbox.lexoffice.shapes import Fields, Many
from tests.twin.creates import CREATES, Rules
from tests.twin.switches import UNKNOWN, Stage

ABSENT = object()
TEXT = [7, True, [], {}]
NUMBER = [True, [], {}, "viel", Decimal("1e30"), Decimal("1e-30")]
UUID = [7, "x", [], "6d0b7a4e0a5b4b3f9d3b0c4f3d6a1b2c"]
DAY = [7, "gestern", "2026-13-01", "2026-02-30", "2026-03-02Tgestern", "1899-12-31", "2200-01-01", []]
WRONG: dict[str, list[Any]] = {
    "text": TEXT,
    "empty-text": TEXT,
    "mail": [*TEXT, "keine", "a@b", "a b@c.example"],
    "country": [7, [], "", "XX", "de", "Deutschland"],
    "vat-id": [*TEXT, "DE12", "Steuernummer"],
    "gtin": [7, [], "x", "4006381333932", "123"],
    "url": [*TEXT, "", "a", "http://a.example", "ftp://a.example", "https://", "https://["],
    "enum": [7, [], {}, "nonsense", ""],
    "number": NUMBER,
    "rate": [*NUMBER, -1, 101, 21],
    "integer": ["1", Decimal("1.5"), True, [], -1],
    "flag": ["true", 1, []],
    "uuid": UUID,
    "reference": [*UUID, UNKNOWN],
    "day": DAY,
    "moment": [*DAY, "2026-03-02", "2026-03-02T00:00:00", "2026-03-02T00:00:00Z", "2026-03-02T00:00:00.000"],
    "object": [7, "x", []],
    "list": [7, "x", {}, [None]],
}


class Rule:
    def __init__(self, text: str) -> None:
        kind, *bounds = text.split()
        self.kind = kind.rstrip("!")
        self.required = kind.endswith("!")
        self.nameless = "nameless" in bounds
        self.status = 400 if bounds[-1:] == ["400"] else 406
        sizes = [int(bound) for bound in bounds if bound.isdigit() and bound != "400"]
        self.most = sizes[0] if sizes else None
        least, _, greatest = next((bound for bound in bounds if ".." in bound), "").partition("..")
        self.beyond = [int(end) + by for end, by in ((least, -1), (greatest, 1)) if end]

    def wrong(self, good: Any) -> Iterator[Any]:
        yield from WRONG[self.kind]
        if self.required and self.kind == "text":
            yield from ("", "  ")
        if self.most is not None:
            yield self._too_much(self.most, good)
        yield from self.beyond

    def _too_much(self, most: int, good: Any) -> Any:
        if self.kind in ("number", "rate"):
            return Decimal(1).scaleb(-most - 1)
        return [good[0]] * (most + 1) if self.kind == "list" else "x" * (most + 1)


def steps(field: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in re.findall(r"\w+", field)]


def bent(body: Any, field: str, value: Any) -> Any:
    """The body with one field replaced, or taken out; what is on the way there is made."""
    *way, last = steps(field)
    place: Any = body
    for step in way:
        if isinstance(place, dict) and step not in place:
            place[step] = {}
        place = place[step]
    if value is not ABSENT:
        if field.endswith("]") and last == len(place):
            place.append(value)
        place[last] = value
    elif isinstance(place, dict):
        place.pop(last, None)
    return body


def at(body: Any, field: str) -> Any:
    for step in steps(field):
        body = body.get(step) if isinstance(body, dict) else body[step] if len(body) else None
        if body is None:
            return None
    return body


def names(reply: Any) -> list[str]:
    """The fields an error names; for the enums of articles, which name none, a list without entries."""
    body = reply.json()
    found = body.get("IssueList", body.get("details", []))
    return [name for issue in found if (name := issue.get("source", issue.get("field")))]


def is_named(reply: Any, field: str) -> bool:
    """Whether the error names the field, what is in it, or (countryCode of contacts) the field alone."""
    short = field.removesuffix("[0]")
    return any(short in name or short.endswith(f".{name}") for name in names(reply)) or (
        # Mails are named by their position among all of a contact's.
        short.startswith("emailAddresses.")
        and any(re.fullmatch(r"emailAddresses\[\d\].emailAddress", name) for name in names(reply))
    )


@pytest.fixture
def stage() -> Stage:
    return Stage()


def send(stage: Stage, name: str, field: str, value: Any) -> Any:
    create = CREATES[name]
    body = bent(deepcopy(create.body(stage)), field, value)
    return stage.api.post(create.at, body, **create.query(stage))


CASES = [(name, field) for name, create in CREATES.items() for field in create.fields]


@pytest.mark.parametrize("name", CREATES)
def test_the_good_body_is_good_and_fields_nobody_knows_are_ignored(stage: Stage, name: str) -> None:
    assert send(stage, name, "unknownField", {"deep": [1, 2, {"x": None}]}).status in (200, 201)


@pytest.mark.parametrize(("name", "field"), CASES, ids=[f"{name}: {field}" for name, field in CASES])
def test_a_bent_field_is_refused_by_name(stage: Stage, name: str, field: str) -> None:
    rule = Rule(CREATES[name].fields[field])
    good = at(CREATES[name].body(stage), field)

    for value in rule.wrong(good):
        reply = send(stage, name, field, value)
        assert reply.status == rule.status, (value, reply.body)
        if rule.status == 406:
            assert is_named(reply, field), (value, reply.body)


@pytest.mark.parametrize(("name", "field"), CASES, ids=[f"{name}: {field}" for name, field in CASES])
def test_a_field_may_be_missing_or_null_unless_it_is_required(stage: Stage, name: str, field: str) -> None:
    rule = Rule(CREATES[name].fields[field])

    for value in (None,) if field.endswith("]") else (ABSENT, None):
        reply = send(stage, name, field, value)
        refused = rule.required or field.endswith("]")  # an entry of a list is there or not, never null
        assert (reply.status == 406) == refused, (value, reply.body)
        if refused and not rule.nameless:
            assert is_named(reply, field), (value, reply.body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"x"', b"null", b"\xff", b"[" * 5000])
@pytest.mark.parametrize("name", CREATES)
def test_a_body_that_is_no_object_is_refused(stage: Stage, name: str, body: bytes) -> None:
    create = CREATES[name]
    headers = {"content-type": "application/json"}

    reply = stage.api.call("POST", create.at, body, create.query(stage), headers)

    assert reply.status in (400, 406)


# --- nothing the twin reads is left out of the table --------------------------------------------------------

SHAPES = {
    "articles": articles.SHAPE,
    "contacts": contacts.SHAPE,
    **intake.SHAPES,
    "vouchers": voucher_rules.SHAPE,
    "event-subscriptions": subscriptions.SHAPE,
}
BY_THE_APP_ALONE = ("down-payment-invoices",)


def fields_of(check: Any, at: str = "") -> Iterator[str]:
    if at:
        yield at
    if isinstance(check, Fields):
        for name, part in check.of.items():
            yield from fields_of(part, f"{at}.{name}" if at else name)
    elif isinstance(check, Many):
        yield from fields_of(check.of, f"{at}[0]")


def covered(path: str) -> set[str]:
    rules: list[Rules] = [create.fields for create in CREATES.values() if create.at == path]
    return {field for fields in rules for field in fields}


@pytest.mark.parametrize("path", [path for path in SHAPES if path not in BY_THE_APP_ALONE])
def test_the_table_holds_every_field_that_is_read(path: str) -> None:
    read = {field for field in fields_of(SHAPES[path]) if not _is_an_object_in_a_list(field)}

    assert read <= covered(path)


def _is_an_object_in_a_list(field: str) -> bool:
    return field.endswith("[0]") and not field.startswith(("files", "emailAddresses", "phoneNumbers"))

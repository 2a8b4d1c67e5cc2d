"""Keys follow from filters and sorts, each declared once."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated

import pytest
from msgspec import Meta

from gateway.replica.keys import keys_of, searchable, text_of
from schemas import RESOURCES
from schemas.base import Filters, Resource, Traced, selects


class Thing(Traced, kw_only=True, frozen=True):
    number: str | None
    made_on: date | None


class ThingFilters(Filters, kw_only=True, frozen=True):
    number: str | None = None
    made_from: Annotated[date, Meta(extra=selects("from", "made_on"))] | None = None
    colour: str | None = None


THINGS = Resource(
    name="things",
    singular="Thing",
    title="Things.",
    model=Thing,
    filters=ThingFilters,
    operations=("list", "get"),
    sorts=("madeOn", "weight"),
)


def test_a_filter_looks_at_the_field_of_its_name_unless_it_says_otherwise() -> None:
    keys = keys_of(THINGS)

    assert {name: (c.key.path, c.how) for name, c in keys.filters.items()} == {
        "number": (("number",), "equals"),
        "made_from": (("made_on",), "from"),
    }
    assert keys.sorts["madeOn"] is keys.filters["made_from"].key


def test_what_no_field_answers_is_known_as_not_served() -> None:
    keys = keys_of(THINGS)

    assert keys.unserved == ("sort=weight", "colour")
    assert keys.unserved_of(ThingFilters(colour="red", number="1"), "-weight", blind=False) == (
        "colour",
        "sort",
    )


def test_a_field_of_a_part_is_found_by_its_name() -> None:
    assert keys_of(RESOURCES["invoices"]).filters["customer_id"].key.path == ("buyer", "customer_id")
    assert keys_of(RESOURCES["recurring-invoices"]).sorts["nextOn"].path == ("recurrence", "next_on")


def test_of_the_whole_model_one_filter_is_not_served() -> None:
    """Which rates are in force on a day takes two fields."""
    unserved = {name: keys.unserved for name, r in RESOURCES.items() if (keys := keys_of(r)).unserved}

    assert unserved == {"tax-rates": ("validOn",)}


def test_where_text_is_blinded_it_is_found_whole_and_neither_in_part_nor_in_order() -> None:
    invoices, customers = RESOURCES["invoices"], RESOURCES["customers"]

    def unserved(resource: Resource, sort: str | None = None, **asked: object) -> tuple[str, ...]:
        return keys_of(resource).unserved_of(resource.filters(**asked), sort, blind=True)

    assert unserved(invoices, number="RE1", customer_id="c", status="open") == ()
    assert unserved(invoices, "-issuedOn") == ()
    assert unserved(invoices, "number") == ("sort",)
    assert unserved(customers, name="mus", email="@", number="1") == ("name", "email")


@pytest.mark.parametrize(
    "in_order",
    [
        (None, False, True),
        (None, date(999, 12, 31), date(2026, 1, 9), date(2026, 1, 10)),
        (
            datetime(999, 1, 1, tzinfo=UTC),
            datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        ),
        (None, "RE1", "RE10", "RE2", "re1", "Ä"),
    ],
)
def test_text_sorts_as_its_values_do(in_order: tuple[object, ...]) -> None:
    texts = [text_of(value) for value in in_order]

    assert texts == sorted(texts)
    assert len({*texts}) == len(texts)


def test_what_is_searched_ignores_case_and_holds_every_text() -> None:
    assert searchable(["Straße", None, "A"]) == "strasse\na"


def test_the_shape_tells_keys_apart() -> None:
    shapes = [keys_of(RESOURCES[name]).shape for name in ("invoices", "credit-notes", "bills")]

    assert shapes[0] == shapes[1] != shapes[2]

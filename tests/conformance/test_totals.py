"""What a dry run reckons is what the vendor then says, to the cent."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.lexoffice.resources.delivery_notes import DeliveryNotes
from connectors.lexoffice.resources.dunnings import Dunnings
from connectors.lexoffice.resources.invoices import Invoices
from connectors.lexoffice.resources.quotes import Quotes
from connectors.lexoffice.resources.sales_orders import SalesOrders
from schemas.totals import DiscountInput
from tests.conformance import bodies
from tests.conformance.vendor import Books

pytestmark = pytest.mark.anyio

D = Decimal


def decimals(places: int, most: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(0, most, places=places, allow_nan=False, allow_infinity=False)


LINES = st.lists(
    st.builds(
        bodies.line,
        quantity=decimals(4, 1000),
        unit_price=decimals(4, 10_000),
        discount_percentage=st.none() | decimals(2, 100),
        tax_rate=st.sampled_from([D(0), D(7), D(19)]),
    )
    | st.builds(bodies.text, st.just("Danke")),
    min_size=1,
    max_size=6,
)


async def both(books: Books, **given_: Any) -> tuple[Any, Any]:
    """The totals and the breakdown as reckoned, and as the vendor says."""
    body = bodies.invoice(**given_)
    examined = Invoices(books.session()).examine(body)
    said = (await Invoices(books.session()).create(body)).data
    return (examined.totals, list(examined.tax_breakdown)), (said.totals, said.tax_breakdown)


@pytest.mark.parametrize("gross", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
async def test_of_any_lines(books: Books, gross: bool, lines: Any) -> None:
    (ours, split), (theirs, their_split) = await both(books, lines=lines, prices_include_tax=gross)

    assert ours == theirs
    assert split == their_split


@pytest.mark.parametrize(
    ("lines", "discount", "gross"),
    [
        ([("100", 19), ("50", 7)], {"percentage": D(10)}, "155.25"),
        ([("100", 19), ("50", 7)], {"amount": D(10)}, "161.00"),
        ([("12.20", 19)], {"percentage": D("2.5")}, "14.15"),
        ([("20", 19), ("20", 7), ("20", 0)], {"amount": D(2)}, "63.02"),
        ([("20", 0), ("20", 7), ("20", 19)], {"amount": D(2)}, "63.02"),
        ([("10", 19), ("10", 7), ("10", 0)], {"percentage": D("0.05")}, "32.57"),
    ],
)
async def test_of_discounts_on_the_whole(
    books: Books, lines: list[tuple[str, int]], discount: dict[str, Decimal], gross: str
) -> None:
    priced = [bodies.line(quantity=D(1), unit_price=D(price), tax_rate=D(rate)) for price, rate in lines]

    (ours, split), (theirs, their_split) = await both(books, lines=priced, discount=DiscountInput(**discount))

    assert ours.gross == D(gross)
    assert ours == theirs
    assert split == their_split


@pytest.mark.parametrize("gross", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    discount=st.builds(DiscountInput, percentage=decimals(2, 100))
    | st.builds(DiscountInput, amount=decimals(2, 500)),
)
async def test_of_any_discount(books: Books, gross: bool, lines: Any, discount: DiscountInput) -> None:
    more = {"lines": lines, "prices_include_tax": gross, "discount": discount}

    (ours, split), (theirs, their_split) = await both(books, **more)

    assert ours == theirs
    assert split == their_split


CHOICES = st.lists(
    st.builds(
        bodies.line,
        quantity=decimals(4, 1000),
        unit_price=decimals(4, 10_000),
        discount_percentage=st.none() | decimals(2, 100),
        tax_rate=st.sampled_from([D(0), D(7), D(19)]),
        optional=st.booleans(),
        alternatives=st.lists(st.builds(bodies.alternative, unit_price=decimals(4, 10_000)), max_size=2),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("gross", [False, True])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=CHOICES)
async def test_of_lines_to_choose_from(books: Books, gross: bool, lines: Any) -> None:
    body = bodies.quote(lines=lines, prices_include_tax=gross)

    examined = Quotes(books.session()).examine(body)
    said = (await Quotes(books.session()).create(body)).data

    assert examined.totals == said.totals
    assert list(examined.tax_breakdown) == said.tax_breakdown


@pytest.mark.parametrize("gross", [False, True])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
async def test_of_orders_and_dunnings(books: Books, gross: bool, lines: Any) -> None:
    more = {"lines": lines, "prices_include_tax": gross}
    owed = (await Invoices(books.session()).create(bodies.invoice(finalize=True, **more))).data

    pairs: list[tuple[Any, Any]] = [
        (SalesOrders, bodies.sales_order(**more)),
        (Dunnings, bodies.dunning(owed.id, **more)),
    ]
    for kind, body in pairs:
        examined = kind(books.session()).examine(body)
        said = (await kind(books.session()).create(body)).data

        assert examined.totals == said.totals
        assert list(examined.tax_breakdown) == said.tax_breakdown


async def test_a_delivery_note_comes_to_nothing_that_could_be_told(books: Books) -> None:
    examined = DeliveryNotes(books.session()).examine(bodies.delivery_note())
    said = (await DeliveryNotes(books.session()).create(bodies.delivery_note())).data

    assert (examined.totals, examined.tax_breakdown) == (None, ())
    assert (said.totals.net, said.totals.gross, said.tax_breakdown) == (None, None, [])


async def test_rates_of_alternatives_are_looked_at_too(books: Books) -> None:
    lines = [bodies.line(alternatives=[bodies.alternative(tax_rate=D(16))])]

    (problem,) = Quotes(books.session()).examine(bodies.quote(lines=lines)).problems

    assert (problem.field, problem.code) == ("lines[0].alternatives[0].taxRate", "rate_not_in_force")


async def test_a_quote_that_expires_before_it_is_issued_is_worth_a_look(books: Books) -> None:
    (warning,) = Quotes(books.session()).examine(bodies.quote(valid_until=date(2026, 11, 19))).warnings

    assert (warning.field, warning.code) == ("validUntil", "before_issue")


@pytest.mark.parametrize("nothing", [{"percentage": D(0)}, {"amount": D(0)}])
async def test_a_discount_of_nothing_is_none(books: Books, nothing: dict[str, Decimal]) -> None:
    (ours, _), (theirs, _) = await both(books, lines=[bodies.line()], discount=DiscountInput(**nothing))

    assert ours.discount is None
    assert ours == theirs


async def test_a_company_without_vat_reckons_none(books: Books) -> None:
    session = books.session(price_mode="tax_free")
    lines = [bodies.line(tax_rate=None)]
    examined = Invoices(session).examine(bodies.invoice(lines=lines, issued_on=date(2026, 11, 20)))

    assert examined.totals is not None
    assert (examined.totals.tax, examined.totals.gross) == (D("0.00"), D("190.00"))
    assert [(share.category, share.rate) for share in examined.tax_breakdown] == [("E", D(0))]


async def test_lines_that_do_not_say_enough_have_no_totals(books: Books) -> None:
    examined = Invoices(books.session()).examine(bodies.invoice(lines=[bodies.line(quantity=None)]))

    assert examined.totals is None

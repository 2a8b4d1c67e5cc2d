"""Counts and sums of what is held: exact, by the list's own filters, and never a guess."""

from datetime import date
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from gateway.replica.sums import Counted, hundredths
from schemas.documents import DocumentStatus
from tests.integration.replica.conftest import EXAMPLE, House, Shelf, at, invoice, query

pytestmark = pytest.mark.anyio

OPEN = "totals.open"


def priced(id: str, gross: str | None, open: str | None = None, **changes: Any) -> Any:
    amounts = {"gross": gross, "open": open, "net": None}
    told = {name: None if amount is None else Decimal(amount) for name, amount in amounts.items()}
    return invoice(id, totals=msgspec.structs.replace(EXAMPLE.totals, **told), **changes)


async def count(shelf: Shelf, **asked: Any) -> Counted:
    async with shelf.database.glance() as session:
        return await shelf.replica.count(session, shelf.place, query(**asked))


def gross(counted: Counted) -> list[tuple[str | None, int, Decimal | None]]:
    return [(one.currency, one.count, one.sums["totals.gross"]) for one in counted.totals]


async def test_nothing_comes_to_nothing(shelf: Shelf) -> None:
    assert await count(shelf) == Counted(count=0, totals=[], untold=())


async def test_amounts_are_summed_by_currency(shelf: Shelf) -> None:
    await shelf.put(priced("i-1", "0.10"), priced("i-2", "0.20"), priced("i-3", "-7.05", currency="CHF"))

    assert gross(await count(shelf)) == [
        ("CHF", 1, Decimal("-7.05")),
        ("EUR", 2, Decimal("0.30")),  # 0.30000000000000004 in binary
    ]


async def test_only_what_fits_the_filters_is_counted(shelf: Shelf) -> None:
    await shelf.put(
        priced("i-1", "1.00", status=DocumentStatus.OPEN, issued_on=date(2026, 11, 1)),
        priced("i-2", "2.00", status=DocumentStatus.PAID, issued_on=date(2026, 11, 2)),
        priced("i-3", "4.00", status=DocumentStatus.OPEN, issued_on=date(2026, 11, 3), updated_at=at(3)),
    )
    await shelf.put(priced("i-4", "8.00"))
    await shelf.bury("i-4", found=2)

    counts = [
        await count(shelf),
        await count(shelf, status="open"),
        await count(shelf, status="open", issued_from=date(2026, 11, 2)),
        await count(shelf, updated_since=at(3)),
        await count(shelf, number="none such"),
    ]

    assert [(one.count, [amount for _, _, amount in gross(one)]) for one in counts] == [
        (3, [Decimal("7.00")]),
        (2, [Decimal("5.00")]),
        (1, [Decimal("4.00")]),
        (1, [Decimal("4.00")]),
        (0, []),
    ]


async def test_a_sum_is_untold_where_the_source_of_one_object_does_not_tell_its_amount(
    shelf: Shelf,
) -> None:
    await shelf.put(priced("i-1", "10.00", "10.00"), priced("i-2", "5.00", fields_unavailable=(OPEN,)))
    await shelf.put(priced("i-3", "1.00", "0.50", currency="CHF"))

    counted = await count(shelf)

    assert [(one.currency, one.sums[OPEN]) for one in counted.totals] == [
        ("CHF", Decimal("0.50")),
        ("EUR", None),
    ]
    assert counted.untold == (OPEN,)


async def test_what_has_no_such_amount_adds_nothing(shelf: Shelf) -> None:
    await shelf.put(priced("i-1", "10.00", "10.00"), priced("i-2", "5.00", None))  # a draft owes nothing yet

    assert (await count(shelf)).totals[0].sums == {
        "totals.net": None,
        "totals.gross": Decimal("15.00"),
        OPEN: Decimal("10.00"),
    }


async def test_amounts_that_fill_the_model_are_summed_exactly(shelf: Shelf) -> None:
    largest = Decimal("9999999999999999.99")
    await shelf.put(*(priced(f"i-{number}", str(largest)) for number in range(60)))

    assert largest * 100 * 60 > 2**63
    assert gross(await count(shelf)) == [("EUR", 60, largest * 60)]


@pytest.mark.parametrize("amount", ["0.001", "99999999999999999999"])
async def test_what_is_no_number_of_cents_makes_its_own_sum_untold(shelf: Shelf, amount: str) -> None:
    await shelf.put(priced("i-1", amount, "1.00"), priced("i-2", "1.00", "1.00"))

    [totals] = (await count(shelf)).totals
    assert (totals.sums["totals.gross"], totals.sums[OPEN]) == (None, Decimal("2.00"))


async def test_amounts_are_summed_in_sealed_copies_too(house: House) -> None:
    shelf = await house.shelf(sealed=True)
    await shelf.put(priced("i-1", "0.10"), priced("i-2", "0.20"))

    assert gross(await count(shelf)) == [("EUR", 2, Decimal("0.30"))]


CENTS = st.integers(-(10**17), 10**17).map(lambda cents: Decimal(cents).scaleb(-2))


@given(st.lists(CENTS, min_size=1, max_size=30))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_sums_are_those_of_exact_arithmetic(house: House, amounts: list[Decimal]) -> None:
    shelf = await house.shelf()
    await shelf.put(*(priced(f"i-{number}", str(amount)) for number, amount in enumerate(amounts)))

    assert gross(await count(shelf)) == [("EUR", len(amounts), sum(amounts))]


@pytest.mark.parametrize("text", ["NaN", "Infinity"])
def test_what_is_no_amount_is_not_summed(text: str) -> None:
    assert hundredths(Decimal(text)) == -(2**63)

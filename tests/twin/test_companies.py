"""Companies with a year of books: believable, valid to the check digit, and the same for the same seed."""

from datetime import timedelta
from typing import Any

import pytest
from stdnum import iban
from stdnum.de import vat
from stdnum.iso7064 import mod_97_10

from sandbox.lexoffice.clock import Dice, SeededIds, StandingClock
from sandbox.lexoffice.companies import COMPANIES, large, names
from sandbox.lexoffice.companies.year import Year
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import NOW, Api

SMALL = [name for name in COMPANIES if name != "large"]


def found(name: str, seed: int = 1) -> Year:
    return COMPANIES[name](Twin(StandingClock(NOW), SeededIds(1)), seed)


@pytest.fixture(scope="module")
def years() -> dict[str, Year]:
    return {name: found(name) for name in SMALL}


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_books_and_another_others(name: str, years: dict[str, Year]) -> None:
    once, again, other = years[name], found(name), found(name, seed=2)

    assert once.twin.snapshot() == again.twin.snapshot()
    assert once.twin.snapshot() != other.twin.snapshot()


@pytest.mark.parametrize("name", SMALL)
def test_the_books_cover_a_year_that_ends_today(name: str, years: dict[str, Year]) -> None:
    dates = [document.voucher_date for document in years[name].organization.documents.values()]

    assert timedelta(days=340) < max(dates) - min(dates) <= timedelta(days=365)
    assert max(dates) <= NOW
    assert years[name].twin.clock.now() == NOW


@pytest.mark.parametrize("name", SMALL)
def test_invoices_are_paid_in_full_in_part_or_overdue(name: str, years: dict[str, Year]) -> None:
    year = years[name]
    year.twin.rate_limit(False)
    page = (
        Api(year.twin, year.key)
        .get("voucherlist", voucherType="invoice", voucherStatus="any", size="250")
        .json()
    )
    rows: list[dict[str, Any]] = page["content"]

    states = {row["voucherStatus"] for row in rows}
    assert {"paid", "overdue"} <= states
    assert any(0 < row["openAmount"] < row["totalAmount"] for row in rows if row["openAmount"] is not None)


@pytest.mark.parametrize("name", SMALL)
def test_seeding_leaves_no_trace_in_ledger_and_events(name: str, years: dict[str, Year]) -> None:
    fresh = found(name).twin

    assert (fresh.ledger.count, len(fresh.events), fresh.quirks.rate_limit) == (0, 0, True)


def test_the_agency_has_followed_offers_and_works_for_authorities(years: dict[str, Year]) -> None:
    documents = years["agency"].organization.documents.values()

    assert any(
        related.kind == "order-confirmations"
        for d in documents
        if d.kind == "invoices"
        for related in d.related
    )
    assert any(document.profile == "XRechnung" for document in documents)
    assert len(years["agency"].organization.templates) == 1


def test_the_florist_knows_no_tax(years: dict[str, Year]) -> None:
    types = {d.body["taxConditions"]["taxType"] for d in years["florist"].organization.documents.values()}

    assert types == {"vatfree"}


def test_the_shop_sells_abroad_at_the_rates_there(years: dict[str, Year]) -> None:
    sales = [
        document.body
        for document in years["shop"].organization.documents.values()
        if document.body["taxConditions"].get("taxSubType") == "distanceSales"
    ]

    rates = {line["unitPrice"]["taxRatePercentage"] for body in sales for line in body["lineItems"]}
    assert {20, 21, 22, 23, 25} <= rates


def test_the_builder_works_under_reverse_charge_and_takes_money_down(years: dict[str, Year]) -> None:
    documents = years["builder"].organization.documents.values()

    assert any(d.body["taxConditions"]["taxType"] == "constructionService13b" for d in documents)
    assert any(d.kind == "down-payment-invoices" for d in documents)


def test_the_wholesaler_grows_to_the_size_asked_for() -> None:
    year = large.found(Twin(StandingClock(NOW), SeededIds(1)), documents=300)

    assert len(year.organization.documents) == 300


@pytest.mark.parametrize("name", SMALL)
def test_every_organization_s_own_numbers_are_valid(name: str, years: dict[str, Year]) -> None:
    head = years[name].organization.letterhead

    assert head.iban is None or iban.is_valid(head.iban)
    assert head.vat_id is None or vat.is_valid(head.vat_id)


class TestMadeUpNumbers:
    @pytest.fixture
    def dice(self) -> Dice:
        return Dice("Probe")

    def test_ibans_are_valid(self, dice: Dice) -> None:
        assert all(iban.is_valid(names.bank_account(dice)) for _ in range(100))

    def test_vat_ids_are_valid(self, dice: Dice) -> None:
        assert all(vat.is_valid(names.vat_id(dice)) for _ in range(100))

    def test_routing_ids_are_valid(self, dice: Dice) -> None:
        assert all(mod_97_10.is_valid(names.leitweg_id(dice).replace("-", "")) for _ in range(100))


class TestSnapshots:
    def test_bring_back_what_was(self) -> None:
        year = found("florist")
        before = year.twin.snapshot()
        first = next(iter(year.organization.documents))
        year.twin.delete_document(first)

        year.twin.restore(before)

        assert year.twin.snapshot() == before
        year.twin.rate_limit(False)
        assert Api(year.twin, year.key).get(f"invoices/{first}").status == 200

    def test_are_not_touched_by_what_follows(self) -> None:
        year = found("florist")
        before = year.twin.snapshot()
        copy = dict(before)
        year.twin.set_lapsed(year.organization.id)

        assert before == copy

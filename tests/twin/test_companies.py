"""Companies with a year of books: believable, valid to the check digit, and the same for the same seed."""

from datetime import timedelta
from typing import Any

import pytest
from stdnum import bic, iban
from stdnum.de import leitweg, stnr, vat
from stdnum.eu import vat as eu_vat

from sandbox.lexoffice.clock import Dice, SeededIds, StandingClock
from sandbox.lexoffice.companies import COMPANIES, large, names
from sandbox.lexoffice.companies.bank import OPENING
from sandbox.lexoffice.companies.year import Year
from sandbox.lexoffice.state import Organization
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
    assert head.tax_number is not None
    assert stnr.is_valid(head.tax_number)


@pytest.mark.parametrize("name", SMALL)
class TestBooks:
    """Every number in a company's books passes its check, and the books hold a bit of everything."""

    def test_vat_ids_belong_to_the_country_and_are_valid(self, name: str, years: dict[str, Year]) -> None:
        ids = [
            (contact.body["addresses"]["billing"][0]["countryCode"], id)
            for contact in years[name].organization.contacts.values()
            if (id := contact.body.get("company", {}).get("vatRegistrationId"))
        ]

        assert ids
        assert [id for country, id in ids if not (eu_vat.is_valid(id) and id.startswith(country))] == []

    def test_ibans_and_bics_are_valid(self, name: str, years: dict[str, Year]) -> None:
        own = years[name].organization
        accounts = [account for c in own.contacts.values() for account in c.bank_accounts.values()]
        accounts += [account.body for account in own.finance_accounts.values()]
        others = [line.body["recipientOrSenderIban"] for line in own.transactions.values()]

        assert len(accounts) > 1
        assert [a for a in accounts if not (iban.is_valid(a["iban"]) and bic.is_valid(a["bic"]))] == []
        assert [number for number in others if not iban.is_valid(number)] == []

    def test_routing_ids_are_valid(self, name: str, years: dict[str, Year]) -> None:
        ids = [
            id
            for contact in years[name].organization.contacts.values()
            if (id := contact.body.get("xRechnung", {}).get("buyerReference"))
        ]

        assert [id for id in ids if not leitweg.is_valid(id)] == []
        assert bool(ids) == (name == "agency")

    def test_bank_lines_pay_invoices_and_bills_and_some_are_left(
        self, name: str, years: dict[str, Year]
    ) -> None:
        own = years[name].organization
        lines = list(own.transactions.values())
        paid = {a["type"] for line in lines for a in line.body["assignments"]}
        loose = [line for line in lines if not line.body["assignments"]]
        [account] = own.finance_accounts.values()

        assert paid == {"invoice", "voucher"}
        assert {line.body["amount"] > 0 for line in loose} == {True, False}
        assert account.body["balance"] == OPENING + sum(line.body["amount"] for line in lines)

    def test_there_are_credit_notes_drafts_and_bills_paid_and_unpaid(
        self, name: str, years: dict[str, Year]
    ) -> None:
        own = years[name].organization
        kinds = {(document.kind, document.status) for document in own.documents.values()}

        assert {("credit-notes", "paidoff"), ("invoices", "draft"), ("invoices", "paid")} <= kinds
        assert {voucher.status for voucher in own.vouchers.values()} == {"open", "paid"}

    def test_discounts_were_taken_and_umlauts_are_everywhere(self, name: str, years: dict[str, Year]) -> None:
        own = years[name].organization
        types = {payment.type for document in own.documents.values() for payment in document.payments}
        texts = [c.name for c in own.contacts.values()] + [own.name]

        assert {"cashDiscount", "partPaymentFinancialTransaction"} <= types
        assert any(sign in text for text in texts for sign in "äöüÄÖÜß")


def test_many_companies_live_in_one_twin_and_see_nothing_of_each_other() -> None:
    twin = Twin(StandingClock(NOW), SeededIds(1))
    twin.rate_limit(False)
    own = {name: COMPANIES[name](twin, 1) for name in ("florist", "agency")}

    lists = {
        name: Api(twin, year.key).get("voucherlist", voucherType="any", voucherStatus="any").json()
        for name, year in own.items()
    }

    assert {name: page["totalElements"] for name, page in lists.items()} == {
        name: len(year.organization.documents) + len(year.organization.vouchers) for name, year in own.items()
    }


class TestMadeUpNumbers:
    @pytest.fixture
    def dice(self) -> Dice:
        return Dice("Probe")

    def test_ibans_are_valid(self, dice: Dice) -> None:
        assert all(iban.is_valid(names.iban_of(dice)) for _ in range(100))

    @pytest.mark.parametrize("country", names.VAT_FORMS)
    def test_vat_ids_abroad_are_valid(self, dice: Dice, country: str) -> None:
        assert all(eu_vat.is_valid(names.vat_id_abroad(dice, country)) for _ in range(5))

    def test_every_place_abroad_has_a_form_of_its_vat_ids(self) -> None:
        assert {country for country, *_ in names.ABROAD} == set(names.VAT_FORMS)

    def test_vat_ids_are_valid(self, dice: Dice) -> None:
        assert all(vat.is_valid(names.vat_id(dice)) for _ in range(100))

    def test_routing_ids_are_valid(self, dice: Dice) -> None:
        assert all(leitweg.is_valid(names.leitweg_id(dice)) for _ in range(100))


def paths(own: Organization) -> list[str]:
    """What can be read of an organization: its papers too, for a few."""
    documents = list(own.documents.values())
    return [
        "profile",
        "organization",
        "cash-boxes",
        "finance/accounts",
        *(f"{document.kind}/{document.id}" for document in documents),
        *(f"{document.kind}/{document.id}/file" for document in documents[:5]),
        *(f"payments/{document.id}" for document in documents if document.status == "paid"),
        *(f"vouchers/{id}" for id in own.vouchers),
        *(f"contacts/{id}" for id in own.contacts),
        *(f"contacts/{id}/bankaccounts" for id in own.contacts),
        *(f"finance/transactions/{id}" for id in own.transactions),
        *(f"recurring-templates/{id}" for id in own.templates),
    ]


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

    @pytest.mark.parametrize("name", SMALL)
    def test_answer_every_read_as_before(self, name: str) -> None:
        year = found(name)
        year.twin.rate_limit(False)
        api, own = Api(year.twin, year.key), year.organization

        before = {path: api.get(path, accept="*/*").body for path in paths(own)}
        year.twin.restore(year.twin.snapshot())

        assert len(before) > 100
        assert {path for path, body in before.items() if api.get(path, accept="*/*").body != body} == set()

    def test_are_not_touched_by_what_follows(self) -> None:
        year = found("florist")
        before = year.twin.snapshot()
        copy = dict(before)
        year.twin.set_lapsed(year.organization.id)

        assert before == copy

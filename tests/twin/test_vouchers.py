"""Bookkeeping vouchers: every amount is the caller's, and all have to agree."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, contact, fixture, issues, shape

INCOME = "8f8664a0-fd86-11e1-a21f-0800200c9a66"
EXPENSE = "16d04a28-fd91-11e1-a21f-0800200c9a66"
SUPPLY = "9075a4e3-66de-4795-a016-3889feca0d20"
THIRD_COUNTRY = "ef5b1a6e-f690-4004-9a19-91276348894f"
OSS = "4ebd965a-7126-416c-9d8c-a5c9366ee473"


def item(amount: Any = 119, tax: Any = 19, rate: Any = 19, category: str = EXPENSE) -> dict[str, Any]:
    return {"amount": amount, "taxAmount": tax, "taxRatePercent": rate, "categoryId": category}


def voucher(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "purchaseinvoice",
        "voucherNumber": "ER-1",
        "voucherDate": "2026-03-02",
        "totalGrossAmount": 119,
        "totalTaxAmount": 19,
        "taxType": "gross",
        "useCollectiveContact": True,
        "voucherItems": [item()],
    }
    return {**body, **changes}


def sale(**changes: Any) -> dict[str, Any]:
    return voucher(type="salesinvoice", voucherItems=[item(category=INCOME)], **changes)


def test_the_sample_is_accepted_and_answered_with_its_members(
    api: Api, sample: Callable[[str], Any], customer: str
) -> None:
    id = api.create("vouchers", sample("voucher"))
    theirs = fixture("voucher.response")

    answer = api.read(f"vouchers/{id}")

    assert shape({**answer, "files": ["x"]}) == shape(theirs)
    for member in ("voucherDate", "dueDate", "totalGrossAmount", "voucherItems", "voucherStatus"):
        assert answer[member] == theirs[member]


def test_a_day_is_answered_as_midnight_in_berlin(api: Api) -> None:
    id = api.create("vouchers", voucher(voucherDate="2026-07-01", dueDate="2026-07-15T00:00:00.000+02:00"))

    answer = api.read(f"vouchers/{id}")
    assert (answer["voucherDate"], answer["dueDate"]) == (
        "2026-07-01T00:00:00.000+02:00",
        "2026-07-15T00:00:00.000+02:00",
    )


def test_it_is_due_on_its_own_date_unless_told_otherwise(api: Api) -> None:
    assert (
        api.read(f"vouchers/{api.create('vouchers', voucher())}")["dueDate"]
        == "2026-03-02T00:00:00.000+01:00"
    )


def test_amounts_may_be_strings(api: Api) -> None:
    assert api.post("vouchers", voucher(voucherItems=[item("119.00", "19.00", "19")])).status == 201


def test_a_net_voucher_adds_the_taxes(api: Api) -> None:
    items = [item("37.79", "7.18"), item("83.14", "5.82", 7), item("0.07", 0, 0)]
    body = voucher(taxType="net", voucherItems=items, totalGrossAmount=134, totalTaxAmount=13)

    assert api.post("vouchers", body).status == 201


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"type": None}, ("missing_entity", "type")),
        ({"type": "bill"}, ("invalid_value", "type")),
        ({"voucherNumber": None}, ("missing_entity", "voucherNumber")),
        ({"voucherDate": None}, ("missing_entity", "voucherDate")),
        ({"voucherDate": "02.03.2026"}, ("invalid_value", "voucherDate")),
        ({"totalGrossAmount": None}, ("missing_entity", "totalGrossAmount")),
        ({"totalTaxAmount": None}, ("missing_entity", "totalTaxAmount")),
        ({"totalGrossAmount": 120}, ("invalid_total_amount", "totalGrossAmount")),
        ({"taxType": "vatfree"}, ("invalid_value", "taxType")),
        ({"voucherItems": []}, ("missing_entity", "voucherItems")),
        ({"voucherItems": [item(tax="19.01")]}, ("invalid_taxamount", "voucherItems[0].taxAmount")),
        ({"voucherItems": [item(rate=20)]}, ("invalid_value", "voucherItems[0].taxRatePercent")),
        ({"voucherItems": [item(category=INCOME)]}, ("invalid_value", "voucherItems[0].categoryId")),
        ({"voucherItems": [{"amount": 1}]}, ("missing_entity", "voucherItems[0].taxAmount")),
        ({"useCollectiveContact": False}, ("missing_entity", "contactId")),
        ({"shippingDate": "2026-03-02"}, ("invalid_value", "shippingDate")),
        ({"voucherStatus": "paid"}, ("invalid_value", "voucherStatus")),
        ({"voucherStatus": "unchecked"}, ("invalid_value", "voucherStatus")),
    ],
)
def test_it_is_refused_in_the_legacy_shape(api: Api, change: Any, issue: tuple[str, str]) -> None:
    reply = api.post("vouchers", voucher(**change))

    assert reply.status == 406
    assert issues(reply)[0] == issue


@pytest.mark.parametrize("rate", [0, 5, 7, 16, 19])
def test_any_german_rate_of_any_time_is_taken(api: Api, rate: int) -> None:
    tax = 100 - (Decimal(10000) / (100 + rate)).quantize(Decimal("0.01"))

    body = voucher(voucherItems=[item(100, tax, rate)], totalGrossAmount=100, totalTaxAmount=tax)
    assert api.post("vouchers", body).status == 201


class TestContacts:
    def test_a_name_of_one_s_own_goes_with_the_collective_contact_only(self, api: Api, customer: str) -> None:
        body = voucher(useCollectiveContact=False, contactId=customer, contactName="Kiosk")

        assert issues(api.post("vouchers", body)) == [
            ("custom_contact_name_for_referenced_contact_not_allowed", "contactName")
        ]

    def test_the_collective_contact_has_a_name_in_answers_and_lists(self, api: Api) -> None:
        named = api.create("vouchers", voucher(contactName="Kiosk am Eck"))
        nameless = api.create("vouchers", sale(voucherNumber="AR-1"))

        assert api.read(f"vouchers/{named}")["contactName"] == "Kiosk am Eck"
        assert api.read(f"vouchers/{nameless}")["contactName"] == "Sammelkunde"
        rows = api.get("voucherlist", voucherType="purchaseinvoice", voucherStatus="any").json()["content"]
        assert [(row["contactName"], row["contactId"]) for row in rows] == [("Kiosk am Eck", None)]

    @pytest.mark.parametrize(("kind", "status"), [(voucher, 201), (sale, 406)])
    def test_a_vendor_sells_but_does_not_buy(self, api: Api, kind: Callable[..., Any], status: int) -> None:
        vendor = api.create("contacts", contact(roles={"vendor": {}}))

        assert api.post("vouchers", kind(useCollectiveContact=False, contactId=vendor)).status == status

    def test_some_categories_demand_a_contact(self, api: Api) -> None:
        body = voucher(type="salesinvoice", voucherItems=[item(119, 0, 0, SUPPLY)], totalTaxAmount=0)

        assert issues(api.post("vouchers", body)) == [("missing_entity", "contactId")]

    def test_a_person_buys_no_services_in_third_countries(self, api: Api) -> None:
        person = api.create("contacts", contact(company=None, person={"lastName": "Muster"}))
        body = voucher(type="salesinvoice", voucherItems=[item(119, 0, 0, THIRD_COUNTRY)], totalTaxAmount=0,
                       useCollectiveContact=False, contactId=person)  # fmt: skip

        assert issues(api.post("vouchers", body)) == [
            ("individual_person_not_applicable_service_third_party", "contactId")
        ]


def test_rates_of_other_countries_go_with_their_categories_only(api: Api, customer: str) -> None:
    tax = Decimal("19.83")  # 119 - 119 / 1.2
    there = voucher(type="salesinvoice", voucherItems=[item(119, tax, 20, OSS)], totalTaxAmount=tax,
                    useCollectiveContact=False, contactId=customer)  # fmt: skip
    here = {**there, "voucherItems": [item(119, tax, 20, INCOME)]}

    assert [api.post("vouchers", body).status for body in (there, here)] == [201, 406]


@pytest.mark.parametrize("rate", [7, 19])
def test_a_small_business_has_no_tax_to_book(api: Api, rate: int) -> None:
    small = "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207"
    free = {**sale(totalGrossAmount=100, totalTaxAmount=0), "voucherItems": [item(100, 0, 0, small)]}
    taxed = {**free, "voucherItems": [item(100, 0, rate, small)]}

    assert api.post("vouchers", free).status == 201
    assert issues(api.post("vouchers", taxed)) == [("invalid_value", "voucherItems[0].taxRatePercent")]


def test_several_rates_need_categories_that_may_be_split(api: Api, customer: str) -> None:
    body = voucher(type="salesinvoice", voucherItems=[item(119, 0, 0, SUPPLY), item(119, 19, 19, INCOME)],
                   totalGrossAmount=238, useCollectiveContact=False, contactId=customer)  # fmt: skip

    assert ("invalid_value", "voucherItems[0].taxRatePercent") in issues(api.post("vouchers", body))


class TestUpdate:
    @pytest.fixture
    def booked(self, api: Api) -> str:
        return api.create("vouchers", voucher())

    def test_replaces_everything(self, api: Api, booked: str) -> None:
        reply = api.put(f"vouchers/{booked}", voucher(version=1, voucherNumber="ER-2"))

        assert (reply.status, reply.json()["version"]) == (200, 2)
        assert api.read(f"vouchers/{booked}")["voucherNumber"] == "ER-2"

    def test_a_booked_one_takes_no_status_back(self, api: Api, booked: str) -> None:
        reply = api.put(f"vouchers/{booked}", voucher(version=1, voucherStatus="open"))

        assert (reply.status, issues(reply)) == (406, [("invalid_value", "voucherStatus")])

    @pytest.mark.parametrize("status", [406, 409])
    def test_a_stale_version_is_refused_either_way(self, api: Api, booked: str, status: int) -> None:
        api.twin.quirks.stale_voucher_status = status

        reply = api.put(f"vouchers/{booked}", voucher(version=7))

        assert (reply.status, issues(reply)) == (status, [("invalid_value", "version")])

    def test_the_version_has_to_be_sent(self, api: Api, booked: str) -> None:
        assert issues(api.put(f"vouchers/{booked}", voucher())) == [("missing_entity", "version")]

    def test_there_is_no_delete(self, api: Api, booked: str) -> None:
        assert api.delete(f"vouchers/{booked}").status == 404


class TestUnchecked:
    @pytest.fixture
    def unchecked(self, api: Api, twin: Twin) -> str:
        twin.quirks.unchecked_voucher_post = True
        return api.create(
            "vouchers",
            {
                "type": "purchaseinvoice",
                "voucherStatus": "unchecked",
                "taxType": "gross",
                "useCollectiveContact": True,
            },
        )

    def test_needs_next_to_nothing_where_the_switch_allows_it(self, api: Api, unchecked: str) -> None:
        answer = api.read(f"vouchers/{unchecked}")

        assert (answer["voucherStatus"], answer["voucherItems"]) == ("unchecked", [])

    def test_cannot_be_net(self, api: Api, twin: Twin) -> None:
        twin.quirks.unchecked_voucher_post = True

        assert issues(api.post("vouchers", voucher(voucherStatus="unchecked", taxType="net")))[0] == (
            "invalid_value",
            "taxType",
        )

    def test_has_no_payments(self, api: Api, unchecked: str) -> None:
        assert api.get(f"payments/{unchecked}").status == 406

    def test_becomes_open_by_an_update(self, api: Api, unchecked: str) -> None:
        reply = api.put(f"vouchers/{unchecked}", voucher(version=1, voucherStatus="open"))

        assert reply.status == 200
        assert api.read(f"vouchers/{unchecked}")["voucherStatus"] == "open"

    def test_stays_unchecked_by_none(self, api: Api, unchecked: str) -> None:
        body = voucher(version=1, voucherStatus="unchecked")

        assert issues(api.put(f"vouchers/{unchecked}", body)) == [("invalid_value", "voucherStatus")]


def test_an_expense_is_owed_by_us(api: Api) -> None:
    payments = api.read(f"payments/{api.create('vouchers', voucher())}")

    assert (payments["paymentStatus"], payments["openAmount"], payments["voucherType"]) == (
        "openExpense",
        119,
        "purchaseinvoice",
    )


def test_the_deprecated_look_up_wants_its_filter(api: Api) -> None:
    id = api.create("vouchers", voucher(voucherNumber="A & B"))

    assert api.get("vouchers").status == 400
    assert [row["id"] for row in api.get("vouchers", voucherNumber="A &amp; B").json()["content"]] == [id]
    assert "sort" not in api.get("vouchers", voucherNumber="x").json()

"""Recurring templates: read by call, made by the user, run at three in the morning."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from sandbox.lexoffice.resources.templates import following
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.state import Organization, Template
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, fixture, invoice, line, shape


@pytest.fixture
def make(twin: Twin, company: Organization, customer: str) -> Callable[..., Template]:
    def template(**settings: Any) -> Template:
        body = invoice(address={"contactId": customer}, lineItems=[line(1, 120)], title="Rechnung")
        for member in ("voucherDate", "shippingConditions"):
            del body[member]
        return twin.create_template(company.id, body, **{"start": date(2026, 4, 1), **settings})

    return template


def rows(api: Api) -> list[Any]:
    page = api.get("voucherlist", voucherType="invoice", voucherStatus="any", sort="voucherDate,ASC").json()
    return page["content"]


def test_a_template_has_the_members_of_the_sample(api: Api, make: Callable[..., Template]) -> None:
    template = make(end=date(2026, 12, 31), finalize=True, shipping_type="serviceperiod")
    template.last = date(2026, 3, 1)

    answer, theirs = api.read(f"recurring-templates/{template.id}"), fixture("recurring-template.response")

    del theirs["paymentConditions"]["paymentDiscountConditions"]  # the twin's default terms have no discount
    assert shape(answer) == shape(theirs)
    assert answer["totalPrice"] == theirs["totalPrice"]


def test_a_row_of_the_list_is_shorter_and_lacks_the_tax(api: Api, make: Callable[..., Template]) -> None:
    make()

    [row] = api.read("recurring-templates")["content"]

    assert list(row) == [
        "id",
        "organizationId",
        "title",
        "createdDate",
        "updatedDate",
        "address",
        "totalPrice",
        "paymentConditions",
        "recurringTemplateSettings",
    ]
    assert set(row["totalPrice"]) == {"currency", "totalNetAmount", "totalGrossAmount"}
    assert set(row["address"]) == {"contactId", "name"}


def test_an_unknown_sort_is_refused(api: Api) -> None:
    assert api.get("recurring-templates", sort="title,ASC").status == 400


def test_it_runs_at_three_in_the_morning_of_its_day(
    api: Api, twin: Twin, make: Callable[..., Template]
) -> None:
    make(finalize=True)

    twin.advance(timedelta(days=29, hours=16, minutes=45))  # to 1 April, 02:59 (clocks have changed)
    before = len(rows(api))
    twin.advance(timedelta(minutes=1))

    assert (before, [row["voucherDate"][:10] for row in rows(api)]) == (0, ["2026-04-01"])


def test_an_invoice_of_its_making_names_it(api: Api, twin: Twin, make: Callable[..., Template]) -> None:
    template = make(finalize=True)
    twin.advance(timedelta(days=31))

    [row] = rows(api)
    answer = api.read(f"invoices/{row['id']}")
    assert (answer["recurringTemplateId"], answer["voucherStatus"]) == (template.id, "open")
    settings = api.read(f"recurring-templates/{template.id}")["recurringTemplateSettings"]
    assert (settings["lastExecutionDate"], settings["nextExecutionDate"]) == ("2026-04-01", "2026-05-01")
    assert settings["lastExecutionFailed"] is False


def test_months_that_were_slept_through_are_made_up_for(
    api: Api, twin: Twin, make: Callable[..., Template]
) -> None:
    template = make(end=date(2026, 6, 15))
    twin.advance(timedelta(days=200))

    assert [row["voucherDate"][:10] for row in rows(api)] == ["2026-04-01", "2026-05-01", "2026-06-01"]
    settings = api.read(f"recurring-templates/{template.id}")["recurringTemplateSettings"]
    assert (settings["executionStatus"], "nextExecutionDate" in settings) == ("ENDED", False)


def test_without_a_start_it_is_paused(api: Api, make: Callable[..., Template]) -> None:
    template = make(start=None)

    settings = api.read(f"recurring-templates/{template.id}")["recurringTemplateSettings"]
    assert (settings["executionStatus"], "startDate" in settings) == ("PAUSED", False)


def test_a_failed_run_is_told_and_does_not_end_it(
    api: Api, twin: Twin, make: Callable[..., Template], customer: str
) -> None:
    template = make()
    twin.delete_contact(customer)
    twin.advance(timedelta(days=31))

    settings = api.read(f"recurring-templates/{template.id}")["recurringTemplateSettings"]
    assert (settings["lastExecutionFailed"], settings["nextExecutionDate"]) == (True, "2026-05-01")
    assert rows(api) == []


@pytest.mark.parametrize(
    ("interval", "start", "days"),
    [
        ("WEEKLY", "2026-01-30", ["2026-02-06", "2026-02-13"]),
        ("BIWEEKLY", "2026-01-30", ["2026-02-13", "2026-02-27"]),
        ("MONTHLY", "2026-01-31", ["2026-02-28", "2026-03-31"]),
        ("QUARTERLY", "2026-11-30", ["2027-02-28", "2027-05-30"]),
        ("BIANNUALLY", "2026-08-31", ["2027-02-28", "2027-08-31"]),
        ("ANNUALLY", "2024-02-29", ["2025-02-28", "2026-02-28"]),
    ],
)
def test_the_days_of_execution(
    make: Callable[..., Template], interval: str, start: str, days: list[str]
) -> None:
    template = make(start=date.fromisoformat(start), interval=interval)
    first = following(template, date.fromisoformat(start))
    assert first is not None

    assert [str(first), str(following(template, first))] == days


def test_it_goes_to_a_contact(twin: Twin, company: Organization) -> None:
    with pytest.raises(NotPossible):
        twin.create_template(company.id, invoice())


def test_a_company_without_payment_conditions_lists_its_templates_without(
    api: Api, company: Organization, make: Callable[..., Template]
) -> None:
    company.payment_conditions.clear()
    make()

    [row] = api.read("recurring-templates")["content"]

    assert "paymentConditions" not in row

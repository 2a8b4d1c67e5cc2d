"""The voucher list: mandatory filters, the passing state overdue, days in Berlin, its limits."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, credit_note, invoice


def rows(api: Api, **query: str) -> list[dict[str, Any]]:
    reply = api.get("voucherlist", **{"voucherType": "any", "voucherStatus": "any", **query})
    assert reply.status == 200, reply.body
    return reply.json()["content"]


@pytest.mark.parametrize("query", [{}, {"voucherType": "any"}, {"voucherStatus": "any"}])
def test_both_filters_are_mandatory(api: Api, query: dict[str, str]) -> None:
    assert api.get("voucherlist", **query).status == 400


@pytest.mark.parametrize(
    "query",
    [
        {"voucherType": "dunning"},
        {"voucherType": "rechnung"},
        {"voucherStatus": "late"},
        {"voucherStatus": "overdue,open"},
        {"sort": "contactName,ASC"},
        {"sort": "voucherDate,UP"},
        {"size": "251"},
        {"size": "0"},
        {"page": "-1"},
        {"voucherDateFrom": "2026-3-1"},
        {"archived": "maybe"},
        {"contactId": "x"},
    ],
)
def test_a_parameter_that_does_not_fit_is_400(api: Api, query: dict[str, str]) -> None:
    assert api.get("voucherlist", **{"voucherType": "any", "voucherStatus": "any", **query}).status == 400


def test_the_size_limit_speaks(api: Api) -> None:
    reply = api.get("voucherlist", voucherType="any", voucherStatus="any", size="251")

    assert reply.json()["message"] == "parameter 'size' must be equal or lower than 250"


def test_an_open_invoice_is_overdue_on_the_day_after_it_was_due(api: Api, twin: Twin) -> None:
    api.create("invoices", invoice(), finalize="true")  # due on 16 March

    twin.advance(timedelta(days=14))
    on_the_day = rows(api)[0]["voucherStatus"]
    twin.advance(timedelta(days=1))

    assert (on_the_day, rows(api)[0]["voucherStatus"]) == ("open", "overdue")


def test_the_filter_open_finds_overdue_ones_that_say_so(api: Api, twin: Twin) -> None:
    id = api.create("invoices", invoice(), finalize="true")
    twin.advance(timedelta(days=20))

    assert [row["voucherStatus"] for row in rows(api, voucherStatus="open")] == ["overdue"]
    assert [row["id"] for row in rows(api, voucherStatus="overdue")] == [id]
    assert api.read(f"invoices/{id}")["voucherStatus"] == "open"


def test_types_and_states_may_be_several(api: Api) -> None:
    draft = api.create("invoices", invoice())
    credit = api.create("credit-notes", credit_note(), finalize="true")
    api.create("quotations", invoice(expirationDate="2026-04-01T00:00:00.000+02:00"))

    found = rows(api, voucherType="invoice,creditnote", voucherStatus="draft,open")

    assert {row["id"] for row in found} == {draft, credit}


def test_a_one_time_address_has_no_contact(api: Api) -> None:
    api.create("invoices", invoice())

    row = rows(api)[0]
    assert (row["contactId"], row["contactName"]) == (None, "Erika Muster")


def test_days_are_whole_days_in_berlin(api: Api) -> None:
    api.create("invoices", invoice(voucherDate="2026-03-01T23:30:00.000Z"))  # 00:30 on 2 March in Berlin

    assert rows(api)[0]["voucherDate"] == "2026-03-02T00:00:00.000+01:00"
    assert len(rows(api, voucherDateFrom="2026-03-02", voucherDateTo="2026-03-02")) == 1
    assert rows(api, voucherDateTo="2026-03-01") == []


@pytest.mark.parametrize("field", ["createdDate", "updatedDate"])
def test_both_ends_of_a_range_are_inclusive(api: Api, field: str) -> None:
    api.create("invoices", invoice())  # on 2 March

    assert len(rows(api, **{f"{field}From": "2026-03-02", f"{field}To": "2026-03-02"})) == 1
    assert rows(api, **{f"{field}From": "2026-03-03"}) == []


def test_times_are_given_to_the_second(api: Api) -> None:
    api.create("invoices", invoice())

    assert rows(api)[0]["createdDate"] == "2026-03-02T09:14:05.000+01:00"


def test_a_number_is_matched_whole_and_without_case(api: Api) -> None:
    api.create("invoices", invoice())

    assert len(rows(api, voucherNumber="re0001")) == 1
    assert rows(api, voucherNumber="RE000") == []


@pytest.mark.parametrize("key", ["voucherDate", "voucherNumber", "createdDate", "updatedDate"])
def test_every_sort_key_works_both_ways(api: Api, twin: Twin, key: str) -> None:
    for day in ("2026-03-01", "2026-03-02"):
        api.create("invoices", invoice(voucherDate=f"{day}T00:00:00.000+01:00"))
        twin.advance(60)

    up, down = (rows(api, sort=f"{key},{direction}") for direction in ("ASC", "DESC"))

    assert [row["voucherNumber"] for row in up] == ["RE0001", "RE0002"]
    assert [row["voucherNumber"] for row in down] == ["RE0002", "RE0001"]


def test_dunnings_are_not_listed(api: Api) -> None:
    owed = api.create("invoices", invoice(), finalize="true")
    api.create("dunnings", invoice(), precedingSalesVoucherId=owed)

    assert [row["id"] for row in rows(api)] == [owed]


@pytest.mark.parametrize("status", [400, 500])
def test_beyond_10000_entries_the_search_ends(api: Api, status: int) -> None:
    api.twin.quirks.search_window_status = status

    within = api.get("voucherlist", voucherType="any", voucherStatus="any", size="250", page="39")
    beyond = api.get("voucherlist", voucherType="any", voucherStatus="any", size="250", page="40")

    assert within.status == 200
    assert (beyond.status, beyond.json()["message"]) == (status, "Maximum search window size exceeded")


def test_a_contact_finds_its_documents(api: Api, customer: str) -> None:
    id = api.create("invoices", invoice(address={"contactId": customer}))
    api.create("invoices", invoice())

    assert [row["id"] for row in rows(api, contactId=customer)] == [id]

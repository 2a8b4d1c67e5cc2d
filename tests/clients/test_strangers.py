"""Clients that others wrote against Lexware's API, unmodified but for base URL and key, work on the twin.

Their authors read the vendor's documentation without us: a third and a fourth witness.
"""

from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.timeout(600)  # the first test of each client installs it

TOTALS = {"Muster Möbel GmbH": (191.00, 36.29, 227.29), "Erika Muster": (240.00, 45.60, 285.60)}
"""Net, tax, gross: 2 × 95.50 and 3 × 80.00, both at 19 %."""


def name_of(told: dict[str, Any]) -> str:
    return told["invoice"]["address"]["name"]


def test_a_client_is_told_whose_books_it_works_on(told: dict[str, Any]) -> None:
    assert told["company"] == "Muster Handel GmbH"


def test_a_client_reads_back_the_contact_it_created(told: dict[str, Any]) -> None:
    contact = told["contact"]

    assert contact["version"] == 1
    assert contact["roles"]["customer"]["number"] > 10000
    assert contact["addresses"]["billing"][0]["countryCode"] == "DE"


def test_a_client_reads_back_its_invoice_with_the_contacts_address(told: dict[str, Any]) -> None:
    assert told["invoice"]["address"]["contactId"] == told["contact"]["id"]
    assert name_of(told) in TOTALS


def test_a_client_reads_the_totals_the_twin_computed(told: dict[str, Any]) -> None:
    total = told["invoice"]["totalPrice"]

    assert (total["totalNetAmount"], total["totalTaxAmount"], total["totalGrossAmount"]) == TOTALS[
        name_of(told)
    ]


def test_a_client_reads_a_finalized_invoice_as_open_and_numbered(told: dict[str, Any]) -> None:
    assert told["invoice"]["voucherStatus"] == "open"
    assert told["invoice"]["voucherNumber"].startswith("RE")


def test_a_client_finds_its_invoice_in_the_voucher_list_once(told: dict[str, Any]) -> None:
    listed = told["listed"]

    assert [row["voucherNumber"] for row in listed] == [told["invoice"]["voucherNumber"]]
    assert listed[0]["openAmount"] == TOTALS[name_of(told)][2]


def test_a_client_gets_a_file_of_its_invoice(told: dict[str, Any]) -> None:
    assert told["file"] == "%PDF-"


def test_the_twins_own_books_hold_the_invoice(told: dict[str, Any], control: httpx2.Client) -> None:
    document = control.get(f"/documents/{told['invoice']['id']}").json()

    assert (document["kind"], document["number"]) == ("invoices", told["invoice"]["voucherNumber"])


def test_nothing_a_client_asked_was_refused(told: dict[str, Any], control: httpx2.Client) -> None:
    calls = control.get("/ledger", params={"path": "/v1/"}).json()

    assert calls
    assert [call for call in calls if call["status"] not in (200, 201)] == []


@pytest.mark.anyio
async def test_the_gateway_lists_the_contact_a_client_created(
    told: dict[str, Any], gateway: httpx2.AsyncClient
) -> None:
    answer = await gateway.get("/v1/accounting/customers", params={"limit": 250})

    assert answer.status_code == 200, answer.text
    listed = {customer["id"]: customer for customer in answer.json()["data"]}
    assert listed[told["contact"]["id"]]["name"] == name_of(told)


@pytest.mark.anyio
async def test_the_gateway_lists_the_invoice_a_client_created(
    told: dict[str, Any], gateway: httpx2.AsyncClient
) -> None:
    answer = await gateway.get("/v1/accounting/invoices", params={"limit": 250})

    assert answer.status_code == 200, answer.text
    invoice = {one["id"]: one for one in answer.json()["data"]}[told["invoice"]["id"]]
    assert invoice["number"] == told["invoice"]["voucherNumber"]
    assert (invoice["status"], invoice["issuedOn"], invoice["buyer"]["name"]) == (
        "open",
        "2026-03-02",
        name_of(told),
    )
    totals = [invoice["totals"][part] for part in ("net", "tax", "gross")]
    assert totals == [f"{amount:.2f}" for amount in TOTALS[name_of(told)]]

"""The main job, end to end: a customer connects in a real browser, and the tenant books for them."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.running import TARGET, Tenant
from tests.launch.test_first_hour import Kontor

pytestmark = [pytest.mark.needs("browser"), pytest.mark.timeout(240)]

LINE = {
    "type": "custom",
    "name": "Beratung",
    "quantity": "2",
    "unitName": "Stunde",
    "unitPrice": "95.00",
    "taxRate": "19",
}


def connected(program: Tenant, page: Page) -> dict[str, Any]:
    """A customer who agrees; the connection."""
    page.goto(program.session())
    page.get_by_role("button", name="Weiter zu Lexware Office").click()
    page.get_by_role("button", name="Zugriff erlauben").click()
    page.get_by_role("heading", name="Zurück beim Anbieter").wait_for()
    return program.exchange()


def test_a_customer_agrees_and_the_first_invoice_is_booked(program: Tenant, page: Page) -> None:
    connection = connected(program, page)

    assert (connection["state"], connection["credentialKind"]) == ("connected", "oauth")
    assert "kontor_account_" not in page.url
    customer = program.call(
        "POST",
        "/v1/accounting/customers",
        key="customer",
        json={
            "company": {"name": "Holzwerk Muster GmbH"},
            "billingAddresses": [
                {"street": "Weg 1", "postalCode": "77652", "city": "Offenburg", "countryCode": "DE"}
            ],
        },
    )
    assert customer.status_code == 201, customer.text
    body = {
        "issuedOn": "2026-11-20",
        "buyer": {"customerId": customer.json()["data"]["id"]},
        "lines": [LINE],
        "finalize": True,
    }
    invoice = program.call("POST", "/v1/accounting/invoices", key="invoice", json=body)
    again = program.call("POST", "/v1/accounting/invoices", key="invoice", json=body)
    assert invoice.status_code == 201, invoice.text
    assert again.json() == invoice.json()
    assert again.headers["idempotency-replayed"] == "true"
    booked = invoice.json()["data"]
    assert (booked["status"], booked["totals"]["gross"], booked["buyer"]["name"]) == (
        "open",
        "226.10",
        "Holzwerk Muster GmbH",
    )
    pdf = program.call("GET", f"/v1/accounting/invoices/{booked['id']}/document")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    listed = program.call("GET", f"/v1/accounting/invoices?number={booked['number']}").json()["data"]
    assert [found["id"] for found in listed] == [booked["id"]]
    credit = program.call(
        "POST",
        "/v1/accounting/credit-notes",
        key="credit",
        json={**body, "precedingDocuments": [{"id": booked["id"]}]},
    )
    assert credit.status_code == 201, credit.text
    assert credit.json()["data"]["precedingDocuments"][0]["id"] == booked["id"]


def test_suppliers_and_items_are_made_changed_and_deleted(program: Tenant, page: Page) -> None:
    connected(program, page)
    supplier = program.call(
        "POST",
        "/v1/accounting/suppliers",
        key="supplier",
        json={"company": {"name": "Stromwerk Muster GmbH"}},
    )
    item = program.call(
        "POST",
        "/v1/accounting/items",
        key="item",
        json={"name": "Beratung", "type": "service", "unitName": "Stunde", "price": "95.00", "taxRate": "19"},
    )
    assert (supplier.status_code, item.status_code) == (201, 201), supplier.text + item.text

    path = f"/v1/accounting/items/{item.json()['data']['id']}"
    changed = program.call("PATCH", path, json={"price": "99.00"}, headers={"If-Match": item.headers["etag"]})
    stale = program.call("PATCH", path, json={"price": "98.00"}, headers={"If-Match": item.headers["etag"]})
    deleted = program.call("DELETE", path, headers={"If-Match": changed.headers["etag"]})

    assert (changed.status_code, changed.json()["data"]["netPrice"]) == (200, "99.00")
    assert (stale.status_code, stale.headers["etag"]) == (412, changed.headers["etag"])
    assert (deleted.status_code, program.call("GET", path).status_code) == (204, 404)


def test_a_customer_who_refuses_returns_without_a_code(program: Tenant, page: Page) -> None:
    before = program.call("GET", "/v1/connections").json()["data"]
    page.goto(program.session())
    page.get_by_role("button", name="Weiter zu Lexware Office").click()
    page.get_by_role("button", name="Ablehnen").click()
    page.get_by_role("heading", name="Sie haben den Zugriff abgelehnt").wait_for()
    page.get_by_role("link", name="Zurück zu Demo").click()
    page.get_by_role("heading", name="Zurück beim Anbieter").wait_for()

    assert program.arrivals[-1]["error"] == "access_denied"
    assert "code" not in program.arrivals[-1]
    assert program.call("GET", "/v1/connections").json()["data"] == before


def test_a_customer_connects_with_an_api_key(kontor: Kontor, program: Tenant, page: Page) -> None:
    twin_key = json_of(kontor.data_dir / "twin" / "twin.json")["apiKey"]
    page.goto(program.session())
    field = page.get_by_label("API-Schlüssel", exact=True)
    field.fill("ein falscher Schlüssel")
    page.get_by_role("button", name="Prüfen und verbinden").click()
    page.get_by_role("alert").wait_for()
    assert "ein falscher Schlüssel" not in page.content()

    page.get_by_label("API-Schlüssel", exact=True).fill(twin_key)
    page.get_by_role("button", name="Prüfen und verbinden").click()
    page.get_by_role("heading", name="Zurück beim Anbieter").wait_for()

    assert program.exchange()["credentialKind"] == "api_key"
    assert program.call("GET", "/v1/accounting/company").json()["data"]["name"] == "Muster Handel GmbH"


def test_a_disconnected_connection_is_gone_and_its_trail_stays(program: Tenant, page: Page) -> None:
    connection = connected(program, page)

    assert program.call("DELETE", f"/v1/connections/{connection['id']}").status_code == 204

    refused = program.call("GET", "/v1/accounting/company")
    shown = program.call("GET", f"/v1/connections/{connection['id']}").json()["data"]
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_connection")
    assert shown["state"] == "disconnected"
    assert shown["target"] == TARGET


def test_a_link_opened_twice_says_so(program: Tenant, page: Page) -> None:
    address = program.session()
    page.goto(address)
    page.get_by_role("button", name="Weiter zu Lexware Office").click()
    page.get_by_role("button", name="Zugriff erlauben").click()
    page.get_by_role("heading", name="Zurück beim Anbieter").wait_for()

    answer = page.goto(address)

    assert answer is not None
    assert 400 <= answer.status < 500
    assert page.get_by_role("heading").first.inner_text() != ""


def test_the_api_page_is_drawn_from_local_files_alone(kontor: Kontor, page: Page) -> None:
    base_url = kontor.demo()["baseUrl"]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{base_url}/docs")
    page.get_by_role("heading", name="Kontor", exact=True).wait_for()

    assert len(asked) >= 3
    assert [url for url in asked if not url.startswith((base_url, "data:", "blob:"))] == []


def json_of(file: Path) -> Any:
    return json.loads(file.read_text())

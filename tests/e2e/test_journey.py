"""The whole way of a new SaaS vendor: from the operator's command line to the end of a customer's consent."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page

from tests.e2e.running import TARGET, Tenant, tenant
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
BUYER = {
    "name": "Erika Muster",
    "address": {"street": "Weg 1", "postalCode": "77652", "city": "Offenburg", "countryCode": "DE"},
}
INVOICE = {"issuedOn": "2026-11-20", "buyer": BUYER, "lines": [LINE]}


def operator(kontor: Kontor, *words: str) -> str:
    """What a `kontor …` command prints, beside the running gateway."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "gateway.cli", *words],
        env={**os.environ, "KONTOR_DATA_DIR": str(kontor.data_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_the_demo_tenants_trail_tells_of_its_key_connection_and_partner_app(kontor: Kontor) -> None:
    demo = kontor.demo()
    answer = httpx2.get(f"{demo['baseUrl']}/v1/audit-events", headers={"X-API-KEY": demo["apiKey"]})

    told = [(entry["action"], entry["actor"]) for entry in reversed(answer.json()["data"])]
    assert told[:4] == [
        ("tenant.created", "operator"),
        ("api_key.created", "operator"),
        ("connection.created", "operator"),
        ("partner_app.deposited", "operator"),
    ]


@pytest.fixture(scope="module")
def twin(kontor: Kontor) -> dict[str, Any]:
    """Where the twin is, and its demo client."""
    return json.loads((kontor.data_dir / "twin" / "twin.json").read_text())


@pytest.fixture
def newcomer(kontor: Kontor, twin: dict[str, Any]) -> Iterator[Tenant]:
    """A tenant that was made just now, with a partner app and a return URL."""
    tenant_id = operator(kontor, "tenants", "create", "Muster Software GmbH")
    key = operator(kontor, "keys", "create", tenant_id)
    with tenant(kontor.demo()["baseUrl"], key) as program:
        secrets = {"clientId": twin["oauth"]["clientId"], "clientSecret": twin["oauth"]["clientSecret"]}
        put = program.call("PUT", f"/v1/targets/{TARGET}/credentials", json=secrets)
        assert put.status_code == 200
        assert secrets["clientSecret"] not in put.text
        yield program


def consent(program: Tenant, page: Page, **session: Any) -> dict[str, Any]:
    """A customer who agrees; the exchange's data."""
    page.goto(program.session(**session))
    page.get_by_role("button", name="Weiter zu Lexware Office").click()
    page.get_by_role("button", name="Zugriff erlauben").click()
    page.get_by_role("heading", name="Zurück beim Anbieter").wait_for()
    made = program.call("POST", "/v1/connections/exchange", json={"code": program.arrivals[-1]["code"]})
    assert made.status_code == 200, made.text
    program.account_key = made.json()["data"]["accountKey"] or program.account_key
    return made.json()["data"]


def test_a_draft_becomes_no_booking_and_an_invoice_one_with_paper_and_credit(
    newcomer: Tenant, page: Page
) -> None:
    consent(newcomer, page)
    draft = newcomer.call("POST", "/v1/accounting/invoices", key="draft", json=INVOICE)
    final = newcomer.call("POST", "/v1/accounting/invoices", key="final", json=INVOICE | {"finalize": True})
    assert (draft.status_code, final.status_code) == (201, 201), draft.text + final.text
    told = [
        (made.json()["data"]["status"], made.json()["data"]["totals"]["gross"]) for made in (draft, final)
    ]
    assert told == [("draft", "226.10"), ("open", "226.10")]

    papers = [newcomer.call("GET", f"{made.headers['location']}/document") for made in (draft, final)]
    assert (papers[0].status_code, papers[0].json()["code"]) == (409, "document_not_ready")
    assert papers[1].content.startswith(b"%PDF-")

    preceding = {"precedingDocuments": [{"id": final.json()["data"]["id"]}], "finalize": True}
    credit = newcomer.call("POST", "/v1/accounting/credit-notes", key="credit", json=INVOICE | preceding)
    assert (credit.status_code, credit.json()["data"]["status"]) == (201, "paid"), credit.text
    listed = newcomer.call("GET", "/v1/accounting/invoices?limit=50").json()
    by_id = {invoice["id"]: invoice for invoice in listed["data"]}
    assert by_id[draft.json()["data"]["id"]]["lines"][0]["name"] == "Beratung"
    assert listed["meta"]["completeness"]["complete"] is True


def test_what_was_called_is_told_without_what_was_said(newcomer: Tenant, page: Page) -> None:
    consent(newcomer, page)
    made = newcomer.call("POST", "/v1/accounting/items", key="log", json={
        "name": "Geheime Rezeptur", "type": "product", "unitName": "Stück", "price": "1.00", "taxRate": "19",
    })  # fmt: skip
    log = newcomer.call("GET", "/v1/requests")
    row = next(row for row in log.json()["data"] if row["id"] == made.headers["request-id"])

    assert (row["method"], row["route"], row["status"]) == ("POST", "/v1/accounting/items", 201)
    assert row["upstreamCalls"] >= 2  # the write and the reading back; more when the vendor says 429
    assert len(row["upstreamTraceIds"]) == row["upstreamCalls"]
    assert "Geheime Rezeptur" not in log.text


def test_withdrawn_consent_is_told_and_a_new_one_mends_the_same_connection(
    newcomer: Tenant, twin: dict[str, Any], page: Page
) -> None:
    first = consent(newcomer, page)
    id, account_key = first["connection"]["id"], newcomer.account_key
    control = httpx2.Client(base_url=twin["controlUrl"], trust_env=False)
    with control:
        granted = [c for c in control.get("/connections").json() if c["clientId"] and not c["revoked"]]
        for connection in granted:
            assert control.post(f"/connections/{connection['id']}/revoke").status_code == 200

    refused = newcomer.call("GET", "/v1/accounting/company")
    shown = newcomer.call("GET", f"/v1/connections/{id}").json()["data"]
    assert (refused.status_code, refused.json()["code"]) == (424, "reconnect_required")
    assert shown["state"] == "reconnect_required"
    assert shown["reason"]
    assert shown["whatToDo"]

    again = consent(newcomer, page, connectionId=id)
    assert (again["connection"]["id"], again["accountKey"]) == (id, None)
    assert newcomer.account_key == account_key
    assert newcomer.call("GET", "/v1/accounting/company").status_code == 200


def test_after_disconnecting_the_account_key_opens_nothing_and_the_vendor_knows(
    newcomer: Tenant, twin: dict[str, Any], page: Page
) -> None:
    id = consent(newcomer, page)["connection"]["id"]
    with httpx2.Client(base_url=twin["controlUrl"], trust_env=False) as control:
        before = {c["id"] for c in control.get("/connections").json() if c["revoked"]}
        assert newcomer.call("DELETE", f"/v1/connections/{id}").status_code == 204
        revoked = {c["id"] for c in control.get("/connections").json() if c["revoked"]} - before

    assert newcomer.call("GET", "/v1/accounting/company").status_code == 404
    assert len(revoked) == 1


def test_a_tenant_without_partner_app_can_still_offer_api_keys(kontor: Kontor, page: Page) -> None:
    key = operator(kontor, "keys", "create", operator(kontor, "tenants", "create", "Muster Kasse UG"))
    with tenant(kontor.demo()["baseUrl"], key) as program:
        page.goto(program.session())

        assert page.get_by_role("button", name="Weiter zu Lexware Office").count() == 0
        assert page.get_by_role("button", name="Prüfen und verbinden").count() == 1

"""Actions on documents over HTTP, by the kind of connection."""

from typing import Any

import pytest

from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

INVOICES = "/v1/accounting/invoices"


async def one(stage: Stage, party: Party, status: str) -> dict[str, Any]:
    """An invoice of the demo company that owes nothing to anybody yet, or everything."""
    page = await stage.call("GET", f"{INVOICES}?status={status}&limit=50", party)
    return next(found for found in page.json()["data"] if not found["followingDocuments"])


async def test_finalizing_later_is_a_conflict_with_the_place_where_a_person_does_it(
    stage: Stage, party: Party
) -> None:
    draft = await one(stage, party, "draft")

    answer = await stage.call("POST", f"{INVOICES}/{draft['id']}/finalize", party, key="k1")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_writable")
    assert answer.json()["link"] == draft["links"]["edit"]
    assert answer.json()["sent"] == "no"


async def test_an_odd_id_cannot_lead_the_link_astray(stage: Stage, party: Party) -> None:
    answer = await stage.call("POST", f"{INVOICES}/a%3Fb%23c/finalize", party, key="k1")

    assert answer.status_code == 409
    assert answer.json()["link"].endswith("/permalink/invoices/edit/a%3Fb%23c")


async def test_mailing_over_an_api_key_is_501_with_the_way_round(stage: Stage, party: Party) -> None:
    invoice = await one(stage, party, "open")

    answer = await stage.call(
        "POST", f"{INVOICES}/{invoice['id']}/send", party, key="k1", json={"recipients": ["a@b.example"]}
    )

    assert (answer.status_code, answer.json()["code"]) == (501, "not_supported")
    assert answer.json()["alternative"] == (
        "Connect by OAuth, or download the document and mail it yourself."
    )


async def test_capabilities_of_a_connection_tell_what_it_lacks(stage: Stage, party: Party) -> None:
    cells = (await stage.call("GET", f"/v1/connections/{party.connection_id}/capabilities", party)).json()
    target = (await stage.call("GET", "/v1/targets/lexoffice-sandbox/capabilities", party)).json()

    def cell(told: Any, operation: str) -> Any:
        return next(c for c in told["data"] if (c["resource"], c["operation"]) == ("invoices", operation))

    assert (cell(cells, "send")["level"], cell(target, "send")["level"]) == ("no", "yes")
    assert cell(target, "send")["needs"]["credential"] == "oauth"
    assert cell(target, "send")["needs"]["scopes"] == ["vouchers.sendmail"]
    assert cell(cells, "cancel")["level"] == "workaround"
    assert "credit note" in cell(cells, "cancel")["workaround"]


async def test_an_invoice_is_cancelled_once_however_often_it_is_asked(stage: Stage, party: Party) -> None:
    invoice = await one(stage, party, "open")
    path = f"{INVOICES}/{invoice['id']}/cancel"

    first = await stage.call("POST", path, party, key="k1", json={})
    again = await stage.call("POST", path, party, key="k1", json={})
    anew = await stage.call("POST", path, party, key="k2", json={})

    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert first.json()["data"]["document"]["resource"] == "credit-notes"
    assert (anew.status_code, anew.json()["code"]) == (409, "not_writable")
    now = (await stage.call("GET", f"{INVOICES}/{invoice['id']}", party)).json()["data"]
    assert [d["id"] for d in now["followingDocuments"]] == [first.json()["data"]["document"]["id"]]


BODY = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
    "lines": [{"type": "text", "name": "Danke", "quantity": "1"}],
    "language": "fr",
}


async def test_a_value_without_a_place_is_left_out_with_a_warning(stage: Stage, party: Party) -> None:
    answer = await stage.call("POST", INVOICES, party, key="k1", json=BODY)

    assert answer.status_code == 201
    assert [(w["field"], w["code"]) for w in answer.json()["meta"]["warnings"]] == [
        ("lines[0].quantity", "field_not_held"),
        ("language", "field_not_held"),
    ]
    assert answer.json()["data"]["lines"][0]["quantity"] is None


async def test_strictly_it_is_refused_and_nothing_is_sent(stage: Stage, party: Party) -> None:
    answer = await stage.call("POST", f"{INVOICES}?strict=true", party, key="k1", json=BODY)

    assert (answer.status_code, answer.json()["sent"]) == (422, "no")
    assert [error["field"] for error in answer.json()["errors"]] == ["lines[0].quantity", "language"]


async def test_a_read_invoice_sent_as_a_new_one_names_what_is_only_read(stage: Stage, party: Party) -> None:
    invoice = await one(stage, party, "open")

    answer = await stage.call("POST", INVOICES, party, key="k1", json=invoice)

    assert answer.status_code == 422
    assert {error["code"] for error in answer.json()["errors"]} == {"read_only"}
    writable = {
        "issuedOn", "buyer", "lines", "currency", "taxTreatment", "taxNote", "pricesIncludeTax", "discount",
        "language", "title", "introduction", "remark", "printLayoutId", "precedingDocuments",
        "servicePeriod", "paymentTerms", "buyerReference",
    }  # fmt: skip
    top = {error["field"] for error in answer.json()["errors"] if "." not in error["field"]}
    assert top == set(invoice) - writable

"""Deep links into the app, as the documentation lists them."""

from typing import Any

import pytest

from sandbox.lexoffice.wire import Reply, Request
from tests.twin.conftest import credit_note, invoice, line
from tests.twin.creates import CREATES
from tests.twin.switches import UNKNOWN, Stage
from tests.twin.test_vouchers import voucher

BOX = {
    "cashBoxName": "Laden",
    "openingDate": "2026-01-01",
    "openingAmount": 1,
    "currency": "EUR",
    "identifier": "1",
}
# Which links exist: to view, to edit.
LINKS = {
    "contacts": ("view",),
    "invoices": ("view", "edit"),
    "credit-notes": ("view", "edit"),
    "delivery-notes": ("view", "edit"),
    "dunnings": ("view", "edit"),
    "order-confirmations": ("view", "edit"),
    "quotations": ("view", "edit"),
    "recurring-templates": ("edit",),
    "vouchers": ("view", "edit"),
    "cash-boxes": ("view",),
}


def follow(stage: Stage, path: str) -> Reply:
    return stage.twin.handle(Request("GET", f"/permalink/{path}")).reply


def made(stage: Stage, resource: str) -> str:
    body: Any = credit_note() if resource == "credit-notes" else invoice()
    query = {}
    match resource:
        case "contacts":
            return stage.customer()
        case "vouchers":
            body = voucher()
        case "cash-boxes":
            body = BOX
        case "recurring-templates":
            to = {"contactId": stage.customer()}
            return stage.twin.create_template(stage.company.id, invoice(address=to)).id
        case "quotations":
            body["expirationDate"] = "2026-04-01T00:00:00.000+02:00"
        case "dunnings":
            query = CREATES["dunning"].query(stage)
    return stage.api.create(resource, body, **query)


@pytest.mark.parametrize(("resource", "mode"), [(r, mode) for r in LINKS for mode in LINKS[r]])
def test_a_link_opens_what_it_names(resource: str, mode: str) -> None:
    stage = Stage()

    assert follow(stage, f"{resource}/{mode}/{made(stage, resource)}").status == 200


@pytest.mark.parametrize(
    ("resource", "mode"), [(r, mode) for r in LINKS for mode in ("view", "edit") if mode not in LINKS[r]]
)
def test_a_link_that_does_not_exist_leads_elsewhere(resource: str, mode: str) -> None:
    stage = Stage()

    assert follow(stage, f"{resource}/{mode}/{made(stage, resource)}").status == 302


@pytest.mark.parametrize("resource", LINKS)
def test_an_unknown_id_leads_to_the_list(resource: str) -> None:
    reply = follow(Stage(), f"{resource}/view/{UNKNOWN}")

    assert (reply.status, reply.header("location")) == (302, f"/permalink/{resource}")


def test_a_down_payment_invoice_is_found_among_the_invoices() -> None:
    stage = Stage()
    id = stage.twin.create_down_payment_invoice(stage.company.id, invoice(lineItems=[line()])).id

    assert follow(stage, f"invoices/view/{id}").status == 200


def test_uploaded_files_have_a_page_without_an_id() -> None:
    assert follow(Stage(), "files/view").status == 200


def test_what_can_be_edited_no_more_is_shown_instead() -> None:
    stage = Stage()
    id = stage.api.create("invoices", invoice(), finalize="true")
    stage.twin.mark_paid(id)

    assert follow(stage, f"invoices/edit/{id}").header("location") == f"/permalink/invoices/view/{id}"

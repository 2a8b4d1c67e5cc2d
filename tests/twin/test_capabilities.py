"""The vendor's capability matrix: what it offers is there, and what it refuses is refused the same way."""

from typing import Any

import pytest

from sandbox.lexoffice.routes import ROUTES
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, contact, credit_note, invoice

ID = "6d0b7a4e-0a5b-4b3f-9d3b-0c4f3d6a1b2c"
# Columns: list, get, create, update, delete, file. What stands in a row exists; the rest is 404.
MATRIX = {
    "articles": "list get create update delete",
    "contacts": "list get create update",
    "countries": "list",
    "payment-conditions": "list",
    "posting-categories": "list",
    "print-layouts": "list",
    "credit-notes": "get create file",
    "delivery-notes": "get create file",
    "down-payment-invoices": "get file",
    "dunnings": "get create file",
    "event-subscriptions": "list get create delete",
    "files": "get create",
    "invoices": "get create file",
    "order-confirmations": "get create file",
    "payments": "get",
    "profile": "list",
    "quotations": "get create file",
    "recurring-templates": "list get",
    "voucherlist": "list",
    # The bare GET is the deprecated look-up by number: no list, 400 without its filter.
    "vouchers": "list get create update",
    "finance/accounts": "list get create update delete",
    "finance/transactions": "get create delete",
    "partner-integrations": "list",
    "transaction-assignment-hint": "create",
    "organization": "list",
    "cash-boxes": "list get create update delete",
}
CALLS = {
    "list": ("GET", "{}"),
    "get": ("GET", "{}/" + ID),
    "create": ("POST", "{}"),
    "update": ("PUT", "{}/" + ID),
    "delete": ("DELETE", "{}/" + ID),
    "file": ("GET", "{}/" + ID + "/file"),
}
# Neither finalizing nor a change of status nor archiving can be called for, whatever the resource.
ACTIONS = (
    "finalize", "actions/finalize", "void", "cancel", "pay", "payments", "send", "accept", "reject",
    "archive", "pause", "status", "assign",
)  # fmt: skip
BEHIND_A_SWITCH = {("finance/transactions", "update"): "finance_transaction_update"}
FINALIZED = {
    "invoices": "open",
    "credit-notes": "open",
    "quotations": "open",
    "order-confirmations": "open",
    "delivery-notes": "open",
    "dunnings": "draft",
}
PARTNER_ONLY = ("finance/", "cash-boxes", "organization", "transaction-assignment-hint")


def exists(method: str, path: str) -> bool:
    """Whether the twin has a route, seen from the list of its routes."""
    parts = f"/v1/{path}".split("/")
    return any(
        route.method == method
        and len(route.path.split("/")) == len(parts)
        and all(expected in ("{}", part) for part, expected in zip(parts, route.path.split("/"), strict=True))
        for route in ROUTES
    )


@pytest.mark.parametrize(("resource", "operation"), [(r, o) for r in MATRIX for o in CALLS])
def test_a_resource_offers_what_the_matrix_says_and_nothing_else(resource: str, operation: str) -> None:
    method, path = CALLS[operation]
    offered = operation in MATRIX[resource].split() or (resource, operation) in BEHIND_A_SWITCH

    assert exists(method, path.format(resource)) == offered


@pytest.mark.parametrize(
    ("resource", "operation"), [(r, o) for r in MATRIX for o in CALLS if o not in MATRIX[r].split()]
)
def test_what_the_vendor_has_not_is_404_with_a_valid_key(api: Api, resource: str, operation: str) -> None:
    method, path = CALLS[operation]

    assert api.call(method, path.format(resource), {}).status == 404


@pytest.mark.parametrize("resource", MATRIX)
def test_there_are_no_actions(api: Api, resource: str) -> None:
    calls = [(method, f"{resource}/{ID}/{action}") for method in ("POST", "PUT") for action in ACTIONS]

    assert {call: api.call(*call, {}).status for call in calls} == dict.fromkeys(calls, 404)


@pytest.mark.parametrize("resource", MATRIX)
def test_nothing_is_patched(api: Api, resource: str) -> None:
    assert [api.call("PATCH", path, {}).status for path in (resource, f"{resource}/{ID}")] == [404, 404]


@pytest.mark.parametrize("kind", FINALIZED)
def test_a_document_is_finalized_when_it_is_created_or_never(api: Api, kind: str) -> None:
    query: dict[str, str] = {"finalize": "true"}
    body: dict[str, Any] = credit_note() if kind == "credit-notes" else invoice()
    if kind == "quotations":
        body["expirationDate"] = "2026-04-01T00:00:00.000+02:00"
    if kind == "dunnings":
        query["precedingSalesVoucherId"] = api.create("invoices", invoice(), finalize="true")

    id = api.create(kind, body, **query)

    assert api.read(f"{kind}/{id}")["voucherStatus"] == FINALIZED[kind]


def test_no_status_sent_along_makes_a_document_paid_or_accepted(api: Api) -> None:
    id = api.create("invoices", invoice(voucherStatus="paid", archived=True))

    answer = api.read(f"invoices/{id}")

    assert (answer["voucherStatus"], answer["archived"]) == ("draft", False)


def test_archiving_a_contact_is_accepted_and_does_nothing(api: Api) -> None:
    id = api.create("contacts", contact())

    assert api.put(f"contacts/{id}", contact(version=1, archived=True)).status == 200
    assert api.read(f"contacts/{id}")["archived"] is False


@pytest.mark.parametrize("end", ["document", "file"])
def test_a_bookkeeping_voucher_has_no_document_of_its_own(api: Api, end: str) -> None:
    assert api.get(f"vouchers/{ID}/{end}", accept="*/*").status == 404


def test_files_are_attached_to_a_voucher_and_not_listed_there(api: Api) -> None:
    assert exists("POST", f"vouchers/{ID}/files")
    assert api.get(f"vouchers/{ID}/files").status == 404


@pytest.mark.parametrize("resource", [*FINALIZED, "down-payment-invoices"])
def test_a_document_is_mailed_where_partners_can_mail_it(resource: str) -> None:
    assert exists("POST", f"{resource}/{ID}/sendmail") == (resource in FINALIZED)


def test_every_resource_the_twin_serves_stands_in_the_matrix() -> None:
    served = {route.path.removeprefix("/v1/").split("/{}")[0] for route in ROUTES}
    beside = {"contacts", "ping", "finance/financial-accounts", "finance/transactions/latest-transaction"}

    assert served - beside <= set(MATRIX)


@pytest.mark.parametrize("resource", [resource for resource in MATRIX if resource.startswith(PARTNER_ONLY)])
def test_a_key_without_the_partner_s_permissions_is_refused_there(
    twin: Twin, company: Organization, resource: str
) -> None:
    public = ["contacts.read", "invoices.read", "vouchers.read", "profile.read"]
    api = Api(twin, twin.create_api_key(company.id, permissions=public))
    operation = MATRIX[resource].split()[0]
    method, path = CALLS[operation]

    assert api.call(method, path.format(resource), {}).status == 403

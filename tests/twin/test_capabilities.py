"""The vendor's capability matrix: what it offers is there, and what it refuses is refused the same way."""

import pytest

from sandbox.lexoffice.routes import ROUTES
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api

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
NO_ACTIONS = [
    f"{resource}/{ID}/{action}"
    for resource in ("invoices", "credit-notes", "quotations", "vouchers")
    for action in ("finalize", "actions/finalize", "void", "cancel", "pay", "send", "accept", "archive")
]
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

    assert exists(method, path.format(resource)) == (operation in MATRIX[resource].split())


@pytest.mark.parametrize(
    ("resource", "operation"), [(r, o) for r in MATRIX for o in CALLS if o not in MATRIX[r].split()]
)
def test_what_the_vendor_has_not_is_404_with_a_valid_key(api: Api, resource: str, operation: str) -> None:
    method, path = CALLS[operation]

    assert api.call(method, path.format(resource), {}).status == 404


@pytest.mark.parametrize("path", NO_ACTIONS)
def test_there_are_no_actions_on_documents(api: Api, path: str) -> None:
    assert api.post(path, {}).status == 404


def test_every_resource_the_twin_serves_stands_in_the_matrix() -> None:
    served = {route.path.removeprefix("/v1/").split("/{}")[0] for route in ROUTES}
    beside = {"contacts", "ping", "finance/financial-accounts", "finance/transactions/latest-transaction",
              "partner-integrations"}  # fmt: skip

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

"""Every route against every scope it may lack, by the vendor's table of scopes, written out again.

API keys with selected permissions and OAuth grants with a part of the scopes are refused alike.
"""

from collections.abc import Callable

import pytest

from sandbox.lexoffice.access import SCOPES
from sandbox.lexoffice.oauth import grants
from sandbox.lexoffice.routes import ROUTES
from sandbox.lexoffice.routing import Route
from sandbox.lexoffice.state import Client, Organization
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api

SALES = ("credit-notes", "delivery-notes", "dunnings", "invoices", "order-confirmations", "quotations")
# Path to scopes by method, as the partner documentation groups them. `*` is an id.
TABLE: dict[str, dict[str, str]] = {
    "articles": {"GET": "articles.read", "POST": "articles.write"},
    "articles/*": {"GET": "articles.read", "PUT": "articles.write", "DELETE": "articles.write"},
    "contacts": {"GET": "contacts.read", "POST": "contacts.write"},
    "contacts/*": {"GET": "contacts.read", "PUT": "contacts.write"},
    "contacts/*/bankaccounts": {"GET": "contacts.bankaccounts.read", "POST": "contacts.bankaccounts.write"},
    "contacts/*/bankaccounts/*": {
        "GET": "contacts.bankaccounts.read",
        "PUT": "contacts.bankaccounts.write",
        "DELETE": "contacts.bankaccounts.write",
    },
    **{path: {"POST": f"{path}.write"} for path in SALES},
    **{f"{path}/*": {"GET": f"{path}.read"} for path in SALES},
    **{f"{path}/*/file": {"GET": f"{path}.read"} for path in SALES},
    **{f"{path}/*/document": {"GET": f"{path}.read"} for path in SALES},
    **{f"{path}/*/sendmail": {"POST": "vouchers.sendmail"} for path in SALES},
    "invoices/*/interaction-status": {"GET": "invoices.read", "PUT": "invoices.read"},
    "down-payment-invoices/*": {"GET": "invoices.read"},
    "down-payment-invoices/*/file": {"GET": "invoices.read"},
    "recurring-templates": {"GET": "recurring-templates.read"},
    "recurring-templates/*": {"GET": "recurring-templates.read"},
    "payments/*": {"GET": "payments.read"},
    "voucherlist": {"GET": "voucherlist.read"},
    "vouchers": {"GET": "vouchers.read", "POST": "vouchers.write"},
    "vouchers/*": {"GET": "vouchers.read", "PUT": "vouchers.write"},
    "vouchers/*/files": {"POST": "vouchers.write files.write"},
    "files": {"POST": "files.write"},
    "files/*": {"GET": "files.read"},
    "files/*/status": {"GET": "files.status"},
    "profile": {"GET": "profile.read"},
    "organization": {"GET": "organization.read"},
    "finance/accounts": {"GET": "finance.read", "POST": "finance.write"},
    "finance/financial-accounts": {"POST": "finance.write"},
    "finance/accounts/*": {"GET": "finance.read", "PUT": "finance.write", "DELETE": "finance.delete"},
    "finance/transactions": {"POST": "finance.write"},
    "finance/transactions/*": {"GET": "finance.read", "PUT": "finance.write", "DELETE": "finance.delete"},
    "finance/transactions/latest-transaction": {"GET": "finance.read"},
    "finance/transactions/*/assignments": {"GET": "finance.read"},
    "cash-boxes": {"GET": "cashbox.read", "POST": "cashbox.write"},
    "cash-boxes/*": {"GET": "cashbox.read", "PUT": "cashbox.write", "DELETE": "cashbox.delete"},
    "cash-boxes/*/balances": {"GET": "cashbox.read", "POST": "cashbox.write"},
    "transaction-assignment-hint": {"POST": "transaction-assignment-hint.write"},
    "countries": {"GET": ""},
    "payment-conditions": {"GET": ""},
    "posting-categories": {"GET": ""},
    "ping": {"GET": ""},
    "partner-integrations": {"GET": "", "PUT": ""},
    "event-subscriptions": {"GET": "", "POST": ""},
    "event-subscriptions/*": {"GET": "", "DELETE": ""},
}
ANY_OF_THE_SALES = "print-layouts"
Holder = Callable[[Twin, Organization, frozenset[str]], Api]
SHUT = [
    (method, path, scope)
    for path, methods in TABLE.items()
    for method, scopes in methods.items()
    for scope in scopes.split()
]
OPEN = [(method, path, scopes) for path, methods in TABLE.items() for method, scopes in methods.items()]


def grant(twin: Twin, company: Organization, scopes: frozenset[str]) -> Api:
    """The access token of a partner to whom the user has given these scopes."""
    client = twin.register_client(Client(id="partner", secret="s", name="Partner", pkce=False))
    code = grants.issue_code(
        twin, client, company, redirect_uri="https://p.example", scopes=scopes, challenge=None,
        connection_name="Partner",
    )  # fmt: skip
    token = grants.redeem(
        twin, client, value=code.value, redirect_uri="https://p.example", verifier=""
    ).access_token
    assert token is not None
    return Api(twin, token)


def key(twin: Twin, company: Organization, scopes: frozenset[str]) -> Api:
    return Api(twin, twin.create_api_key(company.id, permissions=scopes))


def status(api: Api, method: str, path: str) -> int:
    id = "6d0b7a4e-0a5b-4b3f-9d3b-0c4f3d6a1b2c"
    return api.call(method, path.replace("*", id), None if method in ("GET", "DELETE") else {}).status


def shown(route: Route) -> tuple[str, str]:
    return route.method, route.path.removeprefix("/v1/").replace("{}", "*")


def test_the_table_knows_every_route_and_no_other() -> None:
    served = {shown(route) for route in ROUTES}

    assert served - {("GET", ANY_OF_THE_SALES)} == {(method, path) for method, path, _ in OPEN}


@pytest.mark.parametrize("holder", [key, grant])
@pytest.mark.parametrize(("method", "path", "scope"), SHUT)
def test_a_route_is_403_for_who_has_every_scope_but_one_it_needs(
    twin: Twin, company: Organization, method: str, path: str, scope: str, holder: Holder
) -> None:
    api = holder(twin, company, frozenset(SCOPES) - {scope})

    assert status(api, method, path) == 403


@pytest.mark.parametrize(("method", "path", "scopes"), OPEN)
def test_a_route_is_open_to_who_has_the_scopes_it_needs_and_no_other(
    twin: Twin, company: Organization, method: str, path: str, scopes: str
) -> None:
    assert status(key(twin, company, frozenset(scopes.split())), method, path) != 403


@pytest.mark.parametrize("scope", SCOPES)
def test_print_layouts_are_open_to_who_may_read_any_sales_document(
    twin: Twin, company: Organization, scope: str
) -> None:
    expected = 200 if scope in {f"{path}.read" for path in SALES} else 403

    assert status(key(twin, company, frozenset({scope})), "GET", ANY_OF_THE_SALES) == expected


def test_the_words_of_the_scopes_are_those_of_the_table() -> None:
    assert set(SCOPES) == {scope for _, _, scopes in OPEN for scope in scopes.split()}

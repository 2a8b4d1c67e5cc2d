"""Each kind of write has a way to be settled: lost before or after it was done, it is done once (REL-3).

Eight routes, each with a call that loses its answer in twelve ways. Up to the moment at which the rule allows
it nothing is sent again; then the operation is final, and so is the answer to the same key.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from gateway.api.examples import BODIES
from tests.integration.reconcile.conftest import INVOICE, INVOICES, SETTLE_S, WINDOW_S, SameTime, Shop

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

ITEM = {"name": "Schleifband K120", "type": "product", "unitName": "St", "price": "3.90", "taxRate": "19"}
ARTICLE = {
    "title": "Fahrt",
    "type": "SERVICE",
    "unitName": "km",
    "price": {"netPrice": 0.3, "leadingPrice": "NET", "taxRate": 19},
}
ACCOUNT = {**BODIES["bank-accounts"], "externalReference": None}
"""Without a name of ours that the vendor would know it by."""
CUSTOMER = {"company": {"name": "Holzwerk Brandt GmbH"}}
NOT_DONE = ("drop_before", "status 408", "status 500", "status 502", "status 503", "status 504")
DONE = ("drop_after", "reset_in_body", "truncate", "status_after 500", "status_after 503", "status_after 504")
CLEAR = {("truncate", "a delete"), ("truncate", "a passthrough")}
"""Half of no body is none; and a body that nobody has to understand is handed on as it came."""

Do = Callable[[], Awaitable[httpx2.Response]]
Prepared = tuple[str, str, Do]
"""Method and path of the vendor's call, and what makes it."""


def creating(resource: str, path: str, body: dict[str, Any]) -> Callable[[Shop, str], Awaitable[Prepared]]:
    async def prepare(shop: Shop, key: str) -> Prepared:
        route = f"/v1/accounting/{resource}"
        return "POST", path, lambda: shop.call("POST", route, key=key, json=body)

    return prepare


async def an_update(shop: Shop, key: str) -> Prepared:
    made = await shop.data("POST", "/v1/accounting/items", key=f"made {key}", json=ITEM)
    headers, path = {"If-Match": f'"{made["version"]}"'}, f"/v1/accounting/items/{made['id']}"
    change = {"name": "Schleifband K80"}
    do = lambda: shop.call("PATCH", path, key=key, json=change, headers=headers)  # noqa: E731
    return "PUT", f"/v1/articles/{made['id']}", do


async def a_delete(shop: Shop, key: str) -> Prepared:
    made = await shop.data("POST", "/v1/accounting/items", key=f"made {key}", json=ITEM)
    headers, path = {"If-Match": f'"{made["version"]}"'}, f"/v1/accounting/items/{made['id']}"
    return "DELETE", f"/v1/articles/{made['id']}", lambda: shop.call("DELETE", path, key=key, headers=headers)


async def a_cancellation(shop: Shop, key: str) -> Prepared:
    made = await shop.data("POST", INVOICES, key=f"made {key}", json={**INVOICE, "finalize": True})
    path = f"{INVOICES}/{made['id']}/cancel"
    return "POST", "/v1/credit-notes", lambda: shop.call("POST", path, key=key, json={})


async def a_call_in_the_vendors_words(shop: Shop, key: str) -> Prepared:
    asked = {"method": "POST", "path": "/v1/articles", "body": ARTICLE}
    return "POST", "/v1/articles", lambda: shop.call("POST", "/v1/passthrough", key=key, json=asked)


ROUTES: dict[str, tuple[Callable[[Shop, str], Awaitable[Prepared]], int]] = {
    "an invoice": (creating("invoices", "/v1/invoices", INVOICE), 201),
    "an item": (creating("items", "/v1/articles", ITEM), 201),
    "a customer": (creating("customers", "/v1/contacts", CUSTOMER), 201),
    "a bank account": (creating("bank-accounts", "/v1/finance/accounts", ACCOUNT), 201),
    "an update": (an_update, 200),
    "a delete": (a_delete, 204),
    "a cancellation": (a_cancellation, 200),
    "a passthrough": (a_call_in_the_vendors_words, 200),
}
"""What is written, and the answer when all went well."""


def fault(shop: Shop, name: str, method: str, path: str) -> None:
    kind, _, status = name.partition(" ")
    shop.twin.fault(kind, method, path, **({"status": int(status)} if status else {}))


def test_the_table_has_twelve_faults_and_eight_routes() -> None:
    assert (len({*NOT_DONE, *DONE}), len(ROUTES)) == (12, 8)


@pytest.mark.parametrize("name", [*NOT_DONE, *DONE])
async def test_whatever_befalls_a_write_it_is_done_once(shop: Shop, name: str) -> None:
    resent_early = 0
    for route, (prepare, expected) in ROUTES.items():
        method, path, do = await prepare(shop, route)
        before = shop.tried(path, method), shop.sent(path, method)
        fault(shop, name, method, path)

        lost = await do()
        state = (await shop.operation(lost))["state"]
        done = shop.sent(path, method) - before[1]
        await shop.wait(WINDOW_S - 2)
        resent_early += shop.tried(path, method) - before[0] - 1
        await shop.wait(SETTLE_S + 10)
        again = await do()

        told = (expected, "confirmed") if (name, route) in CLEAR else (504, "unknown")
        assert (lost.status_code, state) == told, (route, lost.text)
        assert done == (name in DONE), route
        assert again.status_code == expected, (route, again.text)
        assert again.headers["idempotency-replayed"] == "true", route
        assert shop.sent(path, method) - before[1] == 1, route
        assert (await shop.operation(again))["state"] == "confirmed", route

    print(f"REL-3: {name}: {len(ROUTES)} routes, {resent_early} resends before the rule allows one")
    assert resent_early == 0


@pytest.mark.parametrize("ahead_s", [-20, 90])
async def test_a_vendor_whose_clock_is_wrong_is_not_sent_twice_what_it_has_booked(
    shop: Shop, ahead_s: float
) -> None:
    """Our clock may be the wrong one: what it made shows a time at which we had not sent it, or long had."""
    shop.twin.clock = SameTime(shop.clock, ahead_s)
    for route, (prepare, expected) in ROUTES.items():
        method, path, do = await prepare(shop, route)
        before = shop.sent(path, method)
        fault(shop, "drop_after", method, path)

        await do()
        await shop.wait(WINDOW_S + SETTLE_S + 10)
        again = await do()

        assert again.status_code == expected, (route, again.text)
        assert shop.sent(path, method) - before == 1, route

"""A write that was booked, and whose object could not be read back: it is read later, never sent again."""

import pytest

from gateway.writes.execution import LOOKS_FOR_AN_ANSWER
from gateway.writes.settlement import LONGEST_PAUSE_S
from tests.integration.reconcile.conftest import Shop

pytestmark = pytest.mark.anyio

LONG = 40
"""More failing reads than there are tries for one answer."""


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
async def test_the_same_key_reads_it_back(shop: Shop, status: int) -> None:
    reads = shop.twin.fault("status", "GET", "/v1/invoices/*", status=status, times=LONG)
    unread = await shop.clock.run(shop.create())
    shop.twin.faults.rules.remove(reads)

    again = await shop.clock.run(shop.create())

    assert (unread.status_code, unread.json()["code"]) == (502, "written_not_read")
    assert unread.headers["retry-after"] == "1"
    assert (again.status_code, again.json()["data"]["id"]) == (201, unread.json()["id"])
    assert (await shop.operation(again))["state"] == "confirmed"
    assert shop.tried() == 1


async def test_as_long_as_it_cannot_be_read_the_key_is_told_that_it_is_booked(shop: Shop) -> None:
    shop.twin.fault("status", "GET", "/v1/invoices/*", status=500, times=1000)
    unread = await shop.clock.run(shop.create())

    again = await shop.clock.run(shop.create())

    operation = await shop.operation(again)
    assert (again.status_code, again.json()["code"]) == (502, "written_not_read")
    assert (again.json()["sent"], again.json()["id"]) == ("yes", unread.json()["id"])
    assert "retry-after" in again.headers
    assert (operation["state"], operation["upstreamId"]) == ("unknown", unread.json()["id"])


async def test_it_is_read_back_though_nobody_asks_again(shop: Shop) -> None:
    reads = shop.twin.fault("status", "GET", "/v1/invoices/*", status=500, times=LONG)
    unread = await shop.clock.run(shop.create())
    shop.twin.faults.rules.remove(reads)

    await shop.wait(5)

    operation = await shop.operation(unread)
    assert (operation["state"], operation["status"]) == ("confirmed", 201)
    assert shop.tried() == 1


async def test_what_can_never_be_read_back_is_confirmed_in_the_end(shop: Shop) -> None:
    shop.twin.fault("status", "GET", "/v1/invoices/*", status=500, times=1000)
    unread = await shop.clock.run(shop.create())

    for _ in range(LOOKS_FOR_AN_ANSWER):
        shop.clock.time += LONGEST_PAUSE_S
        await shop.clock.run(shop.stage.rooms.reconciler.run_due())

    operation = await shop.operation(unread)
    assert (operation["state"], operation["status"]) == ("confirmed", 502)
    assert operation["upstreamId"] == unread.json()["id"]
    assert shop.tried() == 1

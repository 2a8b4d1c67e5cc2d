"""Subscriptions at the vendor: made, healed, removed; and what connections say of them."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.webhooks.inbound.subscribing import LOOKS_S
from sandbox.lexoffice.faults import Fault, Match
from tests.integration.webhooks.inbound.conftest import Told, of_another_url, told_by_a_twin
from tests.stage import PUBLIC_URL

pytestmark = pytest.mark.anyio


async def test_a_connection_that_keeps_a_replica_is_told_of_all_42_types(told: Told) -> None:
    assert await told.view() == {"state": "none", "reason": None}

    await told.subscribe()

    subscriptions = told.company.subscriptions.values()
    assert {one.callback_url for one in subscriptions} == {PUBLIC_URL + told.path}
    assert len({one.event_type for one in subscriptions}) == 42
    assert await told.view() == {"state": "subscribed", "reason": None}


async def test_a_second_look_costs_one_call(told: Told) -> None:
    await told.subscribe()
    before = told.twin.ledger.count

    wait = await told.look()

    assert told.twin.ledger.count == before + 1
    assert wait is not None
    assert wait <= 15 * 60


async def test_what_is_deleted_upstream_is_back_after_the_next_look(told: Told) -> None:
    assert LOOKS_S * 1.1 <= 15 * 60
    await told.subscribe()
    for id in list(told.company.subscriptions)[:17]:
        del told.company.subscriptions[id]

    await told.look()

    assert len({one.event_type for one in told.company.subscriptions.values()}) == 42


async def test_what_was_made_under_a_former_address_is_removed_and_others_stay(told: Told) -> None:
    await told.subscribe()
    of_another_url(told, "invoice.changed", "https://former.example" + told.path)
    of_another_url(told, "invoice.changed", "https://others.example/of-the-same-program")

    await told.look()

    urls = {one.callback_url for one in told.company.subscriptions.values()}
    assert urls == {PUBLIC_URL + told.path, "https://others.example/of-the-same-program"}


async def test_without_a_replica_there_are_none(told: Told) -> None:
    await told.subscribe()

    await told.keep(False)
    assert await told.look() is None

    assert told.company.subscriptions == {}
    assert await told.view() == {"state": "none", "reason": None}


async def test_they_end_before_the_credential_does(told: Told) -> None:
    await told.subscribe()

    path = f"/v1/connections/{told.party.connection_id}"
    assert (await told.stage.call("DELETE", path, told.party)).status_code == 204
    assert len(told.company.subscriptions) == 42
    disconnect = told.stage.rooms.onboarding.disconnect
    assert await disconnect.revoke(told.party.tenant_id, "test", told.party.connection_id)

    assert told.company.subscriptions == {}


async def test_a_connection_that_may_not_subscribe_says_so_and_stays_connected(told: Told) -> None:
    match = Match(path="/v1/event-subscriptions*")
    told.twin.faults.add(Fault(kind="status", status=403, match=match, times=1))
    await told.keep()

    assert await told.look() == LOOKS_S

    assert (await told.view())["state"] == "refused"
    path = f"/v1/connections/{told.party.connection_id}"
    assert (await told.stage.call("GET", path, told.party)).json()["data"]["state"] == "connected"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"public_url": "http://kontor.example"}, "KONTOR_PUBLIC_URL is no https address"),
        ({"twin_url": "http://twin.example"}, "KONTOR_PUBLIC_URL is no https address"),
        ({"webhook_keys": ""}, "KONTOR_WEBHOOK_KEYS"),
    ],
)
async def test_where_nobody_could_call_it_says_so(
    tmp_path: Path, settings: dict[str, Any], reason: str
) -> None:
    async with told_by_a_twin(tmp_path, **settings) as told:
        await told.keep()

        assert await told.look() == LOOKS_S

        assert told.company.subscriptions == {}
        view = await told.view()
        assert view["state"] == "none"
        assert reason in view["reason"]


async def test_an_address_that_does_not_answer_is_refused_with_the_vendor_s_word(told: Told) -> None:
    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there")

    told.courier._client = httpx2.AsyncClient(transport=httpx2.MockTransport(away))  # pyright: ignore[reportPrivateUsage]
    await told.keep()

    await told.look()

    assert told.company.subscriptions == {}
    assert (await told.view())["state"] == "refused"

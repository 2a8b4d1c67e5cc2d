"""REL-34, REL-36: attempts, their times, and what ends them."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import httpx2
import msgspec
import pytest
from sqlalchemy import select

from gateway.errors import Conflict
from gateway.persistence.periods import periods_of
from gateway.persistence.tables import audit_events as AUDIT
from gateway.persistence.tables import webhook_deliveries
from gateway.persistence.tables import webhook_secrets as SECRETS
from gateway.webhooks.outbound import deliveries
from gateway.webhooks.outbound.addresses import allowed_by
from gateway.webhooks.outbound.endpoints import Owner
from tests.integration.webhooks.conftest import BEGIN, Post, id_of

pytestmark = pytest.mark.anyio

PUBLISHED_S = [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


async def test_the_attempts_of_four_days_come_when_the_schedule_says(still: Post) -> None:
    target, _ = await still.endpoint()
    still.outside.answers["hooks.muster.example"] = lambda request: 500
    event = await still.publish()

    await still.until(BEGIN + timedelta(days=4))

    (row,) = await still.rows(target.id)
    tries = await still.attempts(row.id)
    waits = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(tries)]
    assert len(tries) == 10
    assert tries[0].at == BEGIN
    assert all(said <= wait <= 1.1 * said + 0.001 for said, wait in zip(PUBLISHED_S[1:], waits, strict=True))
    assert {id_of(request) for request in still.outside.received} == {event}
    assert row.state == deliveries.FAILED
    assert [one.status for one in tries] == [500] * 10


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_is_success(still: Post, status: int) -> None:
    target, _ = await still.endpoint()
    still.outside.answers["hooks.muster.example"] = lambda request: status
    await still.publish()

    await still.until(BEGIN + timedelta(days=1))

    (row,) = await still.rows(target.id)
    assert (row.state, row.attempts) == (deliveries.DELIVERED, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 500, 503])
async def test_nothing_else_is_and_nobody_is_followed(still: Post, status: int) -> None:
    target, _ = await still.endpoint()
    answer = httpx2.Response(status, headers={"location": "http://169.254.169.254/"})
    still.outside.answers["hooks.muster.example"] = lambda request: answer
    await still.publish()

    await still.deliver()

    (row,) = await still.rows(target.id)
    assert row.state == deliveries.PENDING
    assert [request.url.host for request in still.outside.received] == ["hooks.muster.example"]


async def test_retry_after_holds_all_deliveries_of_the_endpoint_back(still: Post) -> None:
    target, _ = await still.endpoint()
    slow = httpx2.Response(429, headers={"retry-after": "120"})
    still.outside.answers["hooks.muster.example"] = lambda request: slow
    await still.publish()
    await still.deliver()
    still.outside.answers.clear()
    await still.publish()

    still.clock.at = BEGIN + timedelta(seconds=119)
    await still.deliver()
    seen = len(still.outside.received)
    still.clock.at = BEGIN + timedelta(seconds=121)
    await still.deliver()

    assert seen == 1
    assert {row.state for row in await still.rows(target.id)} == {deliveries.DELIVERED}


async def test_gone_ends_the_endpoint_at_once_with_an_event_and_an_entry(still: Post) -> None:
    watcher, _ = await still.endpoint("https://watch.muster.example/", event_types=("webhook_endpoint.*",))
    target, _ = await still.endpoint(event_types=("invoice.*",))
    still.outside.answers["hooks.muster.example"] = lambda request: 410
    await still.publish()
    await still.deliver()
    await still.publish()
    await still.deliver()

    ended = await still.target(target.id)
    told = [msgspec.json.decode(r.content) for r in still.outside.received if r.url.host.startswith("watch")]
    async with still.database.read() as session:
        entries = (await session.execute(select(AUDIT.c.action, AUDIT.c.object_id))).all()
    assert ended.disabled_at == BEGIN
    assert "410" in (ended.disabled_reason or "")
    assert [(one["type"], one["resourceId"]) for one in told] == [("webhook_endpoint.disabled", target.id)]
    assert (*entries,) == (("webhook_endpoint.disabled", target.id),)
    assert [row.state for row in await still.rows(target.id)] == [deliveries.SKIPPED] * 2
    assert len(await still.rows(watcher.id)) == 1


async def test_a_dead_endpoint_ends_after_five_days_and_replay_delivers_all(still: Post) -> None:
    """REL-36, virtual 6 days."""
    target, _ = await still.endpoint(event_types=("invoice.*",))
    still.outside.answers["hooks.muster.example"] = lambda request: 500
    published = []
    for hour in range(0, 6 * 24, 6):
        published.append(await still.publish())
        await still.until(BEGIN + timedelta(hours=hour + 6))
    ended = await still.target(target.id)
    assert ended.disabled_at is not None
    after = ended.disabled_at - BEGIN
    print(f"disabled after {after}, {await still.count()} attempts, {len(published)} events")
    assert timedelta(days=5) <= after <= timedelta(days=5, hours=6)
    still.outside.answers.clear()
    still.outside.received.clear()

    async with still.database.write() as session:
        await still.disabling.enable(session, ended)
        chosen = {"since": BEGIN, "only_failed": True}
        replayed = await deliveries.replay(session, target.id, still.clock.now(), **chosen)
    await still.deliver()

    assert replayed == len(published)
    assert Counter(map(id_of, still.outside.received)) == Counter(published)
    assert {row.state for row in await still.rows(target.id)} == {deliveries.DELIVERED}


async def test_one_success_begins_the_five_days_anew(still: Post) -> None:
    target, _ = await still.endpoint()
    still.outside.answers["hooks.muster.example"] = lambda request: 500
    await still.publish()
    await still.until(BEGIN + timedelta(days=3))
    assert (await still.target(target.id)).failing_since == BEGIN
    still.outside.answers.clear()
    await still.publish()
    await still.deliver()

    assert (await still.target(target.id)).failing_since is None


async def test_a_delivery_whose_process_died_is_taken_over_when_its_claim_has_ended(still: Post) -> None:
    target, _ = await still.endpoint()
    event = await still.publish()
    dead = still.process()
    await dead._fanning.run()
    await dead._taken()  # and no more is heard of it

    still.clock.at = BEGIN + timedelta(seconds=44)
    await still.deliver()
    assert still.outside.received == []
    still.clock.at = BEGIN + timedelta(seconds=46)
    await still.deliver()

    assert [id_of(request) for request in still.outside.received] == [event]
    assert {row.state for row in await still.rows(target.id)} == {deliveries.DELIVERED}


async def test_who_lost_its_claim_changes_nothing(still: Post) -> None:
    target, _ = await still.endpoint()
    await still.publish()
    slow = still.process()
    await slow._fanning.run()
    (claimed,) = await slow._taken()
    still.clock.at = BEGIN + timedelta(seconds=46)
    await still.deliver()

    still.outside.answers["hooks.muster.example"] = lambda request: 500
    await slow._attempt(claimed)

    (row,) = await still.rows(target.id)
    assert (row.state, row.attempts) == (deliveries.DELIVERED, 1)


@pytest.mark.parametrize(("environment", "dialled"), [("test", ["10.0.0.1"]), ("live", [])])
async def test_what_the_setting_allows_is_dialled_for_test_alone(
    still: Post, environment: str, dialled: list[str]
) -> None:
    still.owner = Owner(still.owner.tenant_id, environment)
    still.allowed = allowed_by("10.0.0.0/8")
    still.outside.names["hooks.muster.example"] = ["10.0.0.1"]
    await still.endpoint()
    await still.publish()

    await still.deliver(still.process())

    assert still.outside.dialled == dialled


async def test_deliveries_are_forgotten_after_thirty_days(still: Post) -> None:
    target, _ = await still.endpoint()
    await still.publish()
    await still.deliver()
    still.clock.at = BEGIN + timedelta(days=29)
    await still.publish()
    await still.deliver()

    now = BEGIN + timedelta(days=30, seconds=1)
    async with still.database.write() as session:
        gone = await deliveries.purge_some(session, now - periods_of("").age(webhook_deliveries))

    assert gone == 1
    assert len(await still.rows(target.id)) == 1


async def test_secrets_are_sealed_and_few(still: Post) -> None:
    target, secret = await still.endpoint()
    async with still.database.write() as session:
        for _ in range(4):
            await still.endpoints.rotate(session, target, timedelta(hours=24))
        with pytest.raises(Conflict):
            await still.endpoints.rotate(session, target, timedelta(hours=24))
        rows = (await session.execute(select(SECRETS.c.sealed))).scalars().all()

    assert len(rows) == 5
    assert all(secret.removeprefix("whsec_").encode() not in sealed for sealed in rows)

"""Which grants the job renews, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from gateway.credentials.ahead import LANES, PROBES, Ahead
from gateway.credentials.due import DueRenewals
from gateway.credentials.failing import REST_S
from gateway.credentials.keyring import Keyring
from gateway.credentials.outcomes import APP_REFUSED, EXHAUSTED
from gateway.persistence.database import Database
from gateway.persistence.tables import connections, credentials
from gateway.tenants.model import Connection, Tenant
from tests.integration.credentials.office import SETTINGS, TARGET, Office, opened, watched
from tests.integration.credentials.test_tokens import said
from tests.integration.credentials.token_server import TokenServer
from tests.standing import Standing

pytestmark = pytest.mark.anyio

AWAY = (503, {}, b"")
FAILING = '{"since":"2026-11-20T11:00:00Z","last":"2026-11-20T11:59:00Z","times":9,"days":1}'


@pytest.fixture
def surroundings() -> Standing:
    return watched()


@pytest.fixture
def office(database: Database, keyring: Keyring, surroundings: Standing) -> Office:
    return opened(database, keyring, surroundings, TokenServer())


@pytest.fixture
def ahead(office: Office) -> Ahead:
    margin = timedelta(seconds=SETTINGS.refresh_margin_s)
    due = DueRenewals(office.database, office.connections, margin)
    return Ahead(due, office.tokens, office.surroundings.clock)


@pytest.fixture
async def tenant_(office: Office) -> Tenant:
    return await office.tenant_with_app()


async def granted(office: Office, tenant: Tenant, count: int = 1, lives_s: float = 14399) -> list[Connection]:
    made = [await office.connect(tenant) for _ in range(count)]
    for each in made:
        await office.grant(each, lives_s=lives_s)
    return made


async def change(office: Office, connection: Connection, **values: object) -> None:
    async with office.database.write() as session:
        await session.execute(
            update(credentials).where(credentials.c.connection_id == connection.id).values(values)
        )


async def test_a_grant_is_renewed_when_its_drawn_time_has_come_and_not_before(
    office: Office, ahead: Ahead, tenant_: Tenant
) -> None:
    (connection,) = await granted(office, tenant_)
    async with office.database.read() as session:
        renew_at = (await session.execute(select(credentials.c.renew_at))).scalar_one()
    due_in_s = (renew_at - office.surroundings.clock.now()).total_seconds()
    office.surroundings.clock.advance(due_in_s - 1)
    before = await ahead.run()
    office.surroundings.clock.advance(2)
    after = await ahead.run()

    assert (before, after) == (0, 1)
    assert await office.authorization(connection) == "Bearer access-1-1"
    assert office.server.calls == 1


async def test_a_grant_from_before_times_were_drawn_is_renewed_at_the_margin(
    office: Office, ahead: Ahead, tenant_: Tenant
) -> None:
    (connection,) = await granted(office, tenant_, lives_s=901)
    await change(office, connection, renew_at=None)
    before = await ahead.run()
    office.surroundings.clock.advance(2)

    assert (before, await ahead.run()) == (0, 1)


@pytest.mark.parametrize("state", ["pending", "disconnected", "reconnect_required"])
async def test_what_is_not_connected_is_left_alone(
    office: Office, ahead: Ahead, tenant_: Tenant, state: str
) -> None:
    (connection,) = await granted(office, tenant_, lives_s=0)
    async with office.database.write() as session:
        await session.execute(update(connections).values(state=state))
    await ahead.run()

    assert office.server.calls == 0
    assert (await office.seen(connection)).state == state


async def test_what_was_given_up_is_tried_on_and_comes_back(
    office: Office, ahead: Ahead, tenant_: Tenant
) -> None:
    """REL-14."""
    (connection,) = await granted(office, tenant_, lives_s=0)
    async with office.database.write() as session:
        await session.execute(update(connections).values(state="reconnect_required", state_reason=EXHAUSTED))

    assert await ahead.run() == 1
    after = await office.seen(connection)
    assert (after.state, after.state_reason) == ("connected", None)


async def test_a_server_that_is_away_is_asked_a_few_times_a_round(
    office: Office, ahead: Ahead, tenant_: Tenant
) -> None:
    """REL-14."""
    await granted(office, tenant_, count=20, lives_s=0)
    office.client.instead = [AWAY] * 20

    assert await ahead.run() == 0
    assert PROBES <= office.server.calls <= PROBES + LANES - 1


async def test_who_rests_is_tried_as_soon_as_others_are_answered_but_not_within_thirty_seconds(
    office: Office, ahead: Ahead, tenant_: Tenant
) -> None:
    """REL-14."""
    resting, too_soon, due = await granted(office, tenant_, count=3, lives_s=0)
    now = office.surroundings.clock.now()
    long = now + timedelta(minutes=14)
    await change(office, resting, resting_until=long, rested_at=now, failing=FAILING)
    await change(office, too_soon, resting_until=long, rested_at=now + timedelta(seconds=1), failing=FAILING)
    async with office.database.write() as session:  # nobody has been answered lately
        await session.execute(update(credentials).values(stored_at=now - timedelta(hours=1)))
        await session.execute(
            update(credentials)
            .where(credentials.c.connection_id == due.id)
            .values(resting_until=now + timedelta(seconds=30))
        )
    while_away = await ahead.run()
    await change(office, due, resting_until=None)
    back = await ahead.run()

    assert (while_away, back) == (0, 2)
    assert (await office.authorization(resting)).startswith("Bearer access-1-")
    assert office.server.calls == 2


async def test_those_that_always_fail_do_not_keep_the_others_waiting(
    office: Office, ahead: Ahead, tenant_: Tenant
) -> None:
    """Though they have been due for longer, and end a round."""
    bad = await granted(office, tenant_, count=PROBES + LANES, lives_s=0)
    office.client.broken = {family.refresh for family in office.server.families}
    for each in bad:
        await change(office, each, renew_at=datetime(2026, 1, 1, tzinfo=UTC), failing=FAILING)
    good = await granted(office, tenant_, count=2, lives_s=0)

    assert await ahead.run() == 2
    assert all([office.server.accepts(await office.authorization(each)) for each in good])


async def test_a_partner_app_that_is_refused_costs_one_call_a_round_and_other_tenants_nothing(
    office: Office, ahead: Ahead, tenant_: Tenant
) -> None:
    bad = await granted(office, tenant_, count=LANES + 6, lives_s=0)
    async with office.database.write() as session:
        await office.partner_apps.put(session, tenant_.id, TARGET, "client", "wrong")
    good = await granted(office, await office.tenant_with_app(), count=2, lives_s=0)
    renewed = await ahead.run()

    assert renewed == 2
    assert office.server.calls <= LANES + 2
    states = [(await office.seen(each)).state_reason for each in bad]
    assert APP_REFUSED in states
    assert all([office.server.accepts(await office.authorization(each)) for each in good])


async def test_a_request_does_not_wait_for_a_renewal_ahead_of_need(office: Office, tenant_: Tenant) -> None:
    (connection,) = await granted(office, tenant_)
    await change(office, connection, renew_at=office.surroundings.clock.now())
    current = await office.seen(connection)
    seen: list[str] = []

    async def ask() -> None:
        office.client.before = None
        seen.append(await office.tokens.authorization(current))

    office.client.before = ask
    use = await office.tokens.renew_ahead(current)

    assert seen == ["Bearer access-1-0"]
    assert use.header == "Bearer access-1-1"


async def test_a_renewal_ahead_that_fails_tells_why_and_leaves_the_token_in_use(
    office: Office, tenant_: Tenant
) -> None:
    (connection,) = await granted(office, tenant_)
    await change(office, connection, renew_at=office.surroundings.clock.now())
    office.client.instead = [said(503)]
    use = await office.tokens.renew_ahead(await office.seen(connection))

    assert use.failed is not None
    assert await office.authorization(connection) == "Bearer access-1-0"
    assert use.until == office.surroundings.clock.now() + timedelta(seconds=REST_S)


async def test_the_hour_that_comes_twice_keeps_its_two_instants_whatever_zone_the_database_is_in(
    office: Office, tenant_: Tenant
) -> None:
    """REL-31: 25 October, 2:30 in Berlin, twice."""
    instants = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]
    for each, instant in zip(await granted(office, tenant_, count=2), instants, strict=True):
        async with office.database.write() as session:
            if office.database.dialect == "postgresql":
                await session.execute(text("SET LOCAL TIME ZONE 'Europe/Berlin'"))
            await session.execute(
                update(credentials)
                .where(credentials.c.connection_id == each.id)
                .values(renew_at=instant, expires_at=instant)
            )
    async with office.database.read() as session:
        if office.database.dialect == "postgresql":
            await session.execute(text("SET LOCAL TIME ZONE 'Europe/Berlin'"))
        read = (await session.execute(select(credentials.c.renew_at).order_by(credentials.c.renew_at))).all()

    assert [row.renew_at for row in read] == instants

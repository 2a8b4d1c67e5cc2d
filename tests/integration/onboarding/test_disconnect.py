"""The end of a connection: at once here, as soon as possible at the vendor (SEC-16)."""

import pytest
from sqlalchemy import select

from gateway.jobs.jobs import Again
from gateway.jobs.kinds import all_kinds
from gateway.jobs.rows import Job
from gateway.persistence.tables import audit_events, credentials, jobs
from gateway.wiring import build_batches
from sandbox.lexoffice.faults import Fault, Match
from tests.integration.onboarding.people import Person, Program, ShiftedClock, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio

REVOKE = Match(method="POST", path="/oauth2/revoke")


@pytest.fixture
async def connected(tenant: Program, customer: Person) -> dict[str, str]:
    back = await customer.grant((await tenant.session())["url"])
    data = (await tenant.exchange(back.headers["location"])).json()["data"]
    return {"id": data["connection"]["id"], "key": data["accountKey"]}


async def sealed(stage: Stage, id: str) -> list[bytes | None]:
    async with stage.rooms.database.read() as session:
        found = await session.execute(
            select(credentials.c.sealed, credentials.c.previous_sealed).where(
                credentials.c.connection_id == id
            )
        )
        return [value for row in found for value in row]


async def make_up(stage: Stage, id: str) -> Again | None:
    """Carry out the job that owes the connection's revocation, as a worker would."""
    async with stage.rooms.database.read() as session:
        row = (await session.execute(select(jobs).where(jobs.c.subject == id))).one()
    names = [name for name in Job.__struct_fields__ if name != "attempt"]
    job = Job(**{name: getattr(row, name) for name in names}, attempt=1)
    rooms = stage.rooms
    return await all_kinds(
        rooms.onboarding.disconnect,
        build_batches(rooms),
        rooms.synchronizer,
        rooms.follower,
        rooms.subscriber,
    )[job.kind](job)


def living_grants(stage: Stage) -> int:
    """Grants by OAuth that still work at the vendor."""
    return len([c for c in stage.twin.twin.world.connections.values() if c.client_id and not c.revoked])


async def test_the_account_key_ends(tenant: Program, connected: dict[str, str]) -> None:
    gone = await tenant.call("DELETE", f"/v1/connections/{connected['id']}")
    used = await tenant.call("GET", "/v1/accounting/company", headers={"X-ACCOUNT-KEY": connected["key"]})

    assert (gone.status_code, gone.content) == (204, b"")
    assert (used.status_code, used.json()["code"]) == (404, "unknown_connection")


async def test_the_grant_is_revoked_and_the_tokens_are_gone(
    tenant: Program, connected: dict[str, str], stage: Stage
) -> None:
    before = living_grants(stage)

    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")

    assert living_grants(stage) == before - 1
    assert await sealed(stage, connected["id"]) == [None, None]


async def test_twice_is_no_error(tenant: Program, connected: dict[str, str], stage: Stage) -> None:
    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")
    calls = len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke"))

    again = await tenant.call("DELETE", f"/v1/connections/{connected['id']}")

    assert again.status_code == 204
    assert len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke")) == calls


async def test_the_connection_stays_to_be_seen(tenant: Program, connected: dict[str, str]) -> None:
    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")

    seen = await tenant.connection(connected["id"])

    assert seen["state"] == "disconnected"
    assert seen["reason"]
    assert seen["whatToDo"]


async def test_the_audit_trail_stays(tenant: Program, connected: dict[str, str], stage: Stage) -> None:
    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")

    async with stage.rooms.database.read() as session:
        found = await session.execute(
            select(audit_events.c.action).where(audit_events.c.object_id == connected["id"])
        )
    assert list(found.scalars()) == [
        "connection.created",
        "connection.exchanged",
        "connection.disconnected",
    ]


async def test_a_vendor_that_is_away_does_not_keep_the_connection_alive(
    tenant: Program, connected: dict[str, str], stage: Stage
) -> None:
    stage.twin.twin.faults.add(Fault(kind="drop_before", match=REVOKE, times=None))

    gone = await tenant.call("DELETE", f"/v1/connections/{connected['id']}")
    used = await tenant.call("GET", "/v1/accounting/company", headers={"X-ACCOUNT-KEY": connected["key"]})

    assert gone.status_code == 204
    assert used.status_code == 404


async def test_a_revocation_that_failed_is_made_up_for(
    tenant: Program, connected: dict[str, str], stage: Stage, clock: ShiftedClock
) -> None:
    stage.twin.twin.faults.add(Fault(kind="status", status=503, match=REVOKE, times=2))
    before = living_grants(stage)
    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")

    clock.ahead_s += 31
    still_away = await make_up(stage, connected["id"])
    clock.ahead_s += 67
    back_again = await make_up(stage, connected["id"])

    assert still_away == Again(60.0)
    assert back_again is None
    assert living_grants(stage) == before - 1
    assert await sealed(stage, connected["id"]) == [None, None]


async def test_a_vendor_that_is_away_for_a_month_is_asked_until_it_has_done_it_and_not_hammered(
    tenant: Program, connected: dict[str, str], stage: Stage, clock: ShiftedClock
) -> None:
    """SEC-16."""
    ledger, before = stage.twin.twin.ledger, living_grants(stage)
    stage.twin.twin.faults.add(Fault(kind="status", status=503, match=REVOKE, times=None))
    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")
    asked = len(ledger.of("POST", "/oauth2/revoke"))
    for _ in range(2 * 60):
        clock.ahead_s += 60
        await make_up(stage, connected["id"])
    in_two_hours = len(ledger.of("POST", "/oauth2/revoke")) - asked
    clock.ahead_s += 30 * 24 * 3600
    await make_up(stage, connected["id"])
    owed = await sealed(stage, connected["id"])
    stage.twin.twin.faults.clear()
    clock.ahead_s += 1000
    await make_up(stage, connected["id"])

    print(f"revocation of one grant: {in_two_hours} tries in the first two hours of an outage")
    assert 5 <= in_two_hours <= 13
    assert owed != [None, None]
    assert living_grants(stage) == before - 1
    assert await sealed(stage, connected["id"]) == [None, None]


async def test_a_partner_app_that_is_refused_for_a_week_leaves_nothing_to_revoke_with(
    tenant: Program, connected: dict[str, str], stage: Stage, clock: ShiftedClock
) -> None:
    stage.twin.twin.faults.add(Fault(kind="status", status=401, match=REVOKE, times=None))
    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")

    clock.ahead_s += 6 * 24 * 3600
    await make_up(stage, connected["id"])
    after_six_days = await sealed(stage, connected["id"])
    clock.ahead_s += 24 * 3600 + 60
    await make_up(stage, connected["id"])

    assert after_six_days != [None, None]
    assert await sealed(stage, connected["id"]) == [None, None]


async def test_a_connection_by_key_forgets_the_key_without_a_call(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    session = await tenant.session(method="api_key")
    await customer.press(session["url"], "api_key", key=stage.twin.identity.organizations[0].api_key)
    (connection,) = await tenant.connections()
    calls = stage.twin.twin.ledger.count

    await tenant.call("DELETE", f"/v1/connections/{connection['id']}")

    assert await sealed(stage, connection["id"]) == [None, None]
    assert stage.twin.twin.ledger.count == calls


async def test_a_foreign_connection_cannot_be_disconnected(
    tenant: Program, connected: dict[str, str], stage: Stage
) -> None:
    other = await program(stage, name="Andere Software GmbH")

    answer = await other.call("DELETE", f"/v1/connections/{connected['id']}")

    assert answer.status_code == 404
    assert (await tenant.connection(connected["id"]))["state"] == "connected"

"""`/v1/jobs` and `kontor jobs`."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from gateway.launch import LaunchError, administration
from gateway.persistence import outbox
from gateway.persistence.tables import audit_events, jobs
from tests.integration.onboarding.people import Program, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio

THEN = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def put(stage: Stage, tenant: Program, environment: str = "test", **columns: object) -> str:
    """A job of the tenant, with `columns` as if it had a past."""
    async with stage.rooms.database.write() as session:
        id = await outbox.put(
            session,
            stage.rooms.ambient,
            kind="run_batch",
            subject="bat_1",
            tenant_id=tenant.tenant_id,
            environment=environment,
        )
        if columns:
            await session.execute(update(jobs).where(jobs.c.id == id).values(**columns))
    return id


async def test_a_job_tells_what_it_waits_for(stage: Stage, tenant: Program) -> None:
    id = await put(stage, tenant, state="handed", due_at=THEN, created_at=THEN)

    answer = await tenant.call("GET", f"/v1/jobs/{id}")

    assert answer.status_code == 200
    assert answer.json()["data"] == {
        "id": id,
        "kind": "run_batch",
        "subjectId": "bat_1",
        "connectionId": None,
        "state": "queued",
        "attempts": 0,
        "reason": None,
        "createdAt": "2026-11-20T12:00:00Z",
        "dueAt": "2026-11-20T12:00:00Z",
        "finishedAt": None,
    }


async def test_jobs_are_listed_newest_first_in_pages(stage: Stage, tenant: Program) -> None:
    ids = [await put(stage, tenant) for _ in range(3)]

    first = (await tenant.call("GET", "/v1/jobs?limit=2")).json()
    second = (await tenant.call("GET", f"/v1/jobs?limit=2&cursor={first['page']['next']}")).json()

    assert [job["id"] for job in (*first["data"], *second["data"])] == ids[::-1]
    assert second["page"]["next"] is None


async def test_jobs_can_be_told_apart_by_state(stage: Stage, tenant: Program) -> None:
    handed = await put(stage, tenant, state="handed")
    parked = await put(stage, tenant, state="parked")

    found = {
        state: [job["id"] for job in (await tenant.call("GET", f"/v1/jobs?state={state}")).json()["data"]]
        for state in ("queued", "parked", "done")
    }

    assert found == {"queued": [handed], "parked": [parked], "done": []}


async def test_the_job_of_another_tenant_or_environment_does_not_exist(stage: Stage, tenant: Program) -> None:
    other = await program(stage, partner_app=False)
    ids = [await put(stage, other), await put(stage, tenant, environment="live", state="parked")]

    answers = [await tenant.call("GET", f"/v1/jobs/{id}") for id in ids]
    answers += [await tenant.call("POST", f"/v1/jobs/{id}/replay") for id in ids]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}
    assert (await tenant.call("GET", "/v1/jobs")).json()["data"] == []


async def test_a_parked_job_is_replayed_with_an_entry_in_the_trail(stage: Stage, tenant: Program) -> None:
    id = await put(stage, tenant, state="parked", attempts=8, reason="KeyError", finished_at=THEN)

    answer = await tenant.call("POST", f"/v1/jobs/{id}/replay")

    told = answer.json()["data"]
    assert (answer.status_code, told["state"], told["attempts"]) == (200, "queued", 0)
    assert (told["reason"], told["finishedAt"]) == (None, None)
    async with stage.rooms.database.read() as session:
        (entry,) = (await session.execute(select(audit_events).where(audit_events.c.object_id == id))).all()
    assert (entry.action, entry.environment, entry.detail) == (
        "job.replayed",
        "test",
        '{"kind":"run_batch","reason":"KeyError"}',
    )


async def test_only_a_parked_job_can_be_replayed(stage: Stage, tenant: Program) -> None:
    id = await put(stage, tenant, state="parked")

    first = await tenant.call("POST", f"/v1/jobs/{id}/replay")
    second = await tenant.call("POST", f"/v1/jobs/{id}/replay")

    assert (first.status_code, second.status_code) == (200, 409)
    assert (second.json()["code"], second.json()["retry"]) == ("job_not_parked", "never")


async def test_the_operator_sees_every_job_and_replays_one(stage: Stage, tenant: Program) -> None:
    id = await put(stage, tenant, state="parked", attempts=8, reason="KeyError", changed_at=THEN)

    listed = await administration.list_jobs(stage.rooms, ("parked",))
    await administration.replay_job(stage.rooms, id)

    assert (
        id,
        tenant.tenant_id,
        "run_batch",
        "bat_1",
        "parked",
        "8",
        "2026-11-20 12:00:00",
        "KeyError",
    ) in listed
    assert (await tenant.call("GET", f"/v1/jobs/{id}")).json()["data"]["state"] == "queued"


async def test_the_operator_is_told_when_there_is_nothing_to_replay(stage: Stage, tenant: Program) -> None:
    id = await put(stage, tenant, due_at=THEN + timedelta(days=1000))

    for unfit in (id, "job_0d1na8g0g8fsc6lq3r1ofqhb2k"):
        with pytest.raises(LaunchError, match="is not a parked job"):
            await administration.replay_job(stage.rooms, unfit)

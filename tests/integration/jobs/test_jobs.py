"""From the outbox to the end: counted before it runs, taken over, parked, replayed (REL-37)."""

import asyncio
from datetime import timedelta

import pytest

from connectors.base.errors import UpstreamBusy
from gateway.jobs import rows
from gateway.jobs.jobs import Again
from gateway.jobs.rows import ATTEMPTS, CRASHED, Job
from gateway.persistence import outbox
from tests.integration.jobs.conftest import Floor

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


class Work:
    """A kind of job that does what it is told."""

    def __init__(self) -> None:
        self.seen: list[Job] = []
        self.results: list[Again | Exception | None] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, job: Job) -> Again | None:
        self.seen.append(job)
        self.begun.set()
        await self.gate.wait()
        result = self.results.pop(0) if self.results else None
        if isinstance(result, Exception):
            raise result
        return result


async def test_a_job_is_carried_out_once_and_done(floor: Floor) -> None:
    work = Work()
    jobs, _ = floor.process("exe_1", {"work": work})
    await jobs.start()

    id = await floor.put(subject="con_1")
    row = await floor.until(id, lambda row: row.state == "done")
    await jobs.stop()

    assert [(job.id, job.subject, job.attempt) for job in work.seen] == [(id, "con_1", 1)]
    assert (row.reason, row.finished_at is not None) == (None, True)


async def test_a_job_of_a_transaction_that_is_rolled_back_never_runs(floor: Floor) -> None:
    work = Work()
    jobs, _ = floor.process("exe_1", {"work": work})
    async with floor.database.write() as session:
        await outbox.put(
            session,
            floor.ambient,
            kind="work",
            subject="con_1",
            tenant_id=floor.tenant_id,
            environment="test",
        )
        await session.rollback()

    assert await jobs.drain() == 0


async def test_a_job_does_not_begin_before_it_is_due(floor: Floor) -> None:
    jobs, _ = floor.process("exe_1", {"work": Work()})
    async with floor.database.write() as session:
        await outbox.put(
            session,
            floor.ambient,
            kind="work",
            subject="con_1",
            tenant_id=floor.tenant_id,
            environment="test",
            due_at=floor.ambient.clock.now() + timedelta(hours=1),
        )

    assert await jobs.drain() == 0


async def test_an_attempt_is_counted_before_it_runs(floor: Floor) -> None:
    work = Work()
    work.gate.clear()
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()
    running = asyncio.create_task(jobs.carry_out(id, 0))
    await work.begun.wait()

    row = await floor.row(id)
    work.gate.set()
    await running

    assert (row.state, row.attempts, row.executor_id) == ("running", 1, "exe_1")


async def test_an_attempt_that_fails_is_followed_by_another_later(floor: Floor) -> None:
    work = Work()
    work.results = [UpstreamBusy("not now")]
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()

    await jobs.carry_out(id, 0)
    row = await floor.row(id)

    assert (row.state, row.round, row.attempts) == ("queued", 1, 1)
    assert row.reason == "upstream_busy: not now"
    assert row.due_at > row.changed_at


async def test_what_a_bug_says_is_not_shown(floor: Floor) -> None:
    work = Work()
    work.results = [ValueError("the end customer's name")]
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()

    await jobs.carry_out(id, 0)

    assert (await floor.row(id)).reason == "ValueError"


async def test_after_eight_attempts_that_failed_a_job_is_parked_with_the_reason(floor: Floor) -> None:
    work = Work()
    work.results = [UpstreamBusy("not now") for _ in range(20)]
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()

    for round in range(10):
        await jobs.carry_out(id, round)
    row = await floor.row(id)

    assert len(work.seen) == 8
    assert (row.state, row.reason, row.attempts) == ("parked", "upstream_busy: not now", 8)


async def test_a_job_whose_process_died_eight_times_is_parked_without_a_ninth(floor: Floor) -> None:
    work = Work()
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()
    for _ in range(ATTEMPTS):
        async with floor.database.write() as session:
            await rows.begin(session, id, 0, "exe_dead", floor.ambient.clock.now())

    await jobs.carry_out(id, 0)
    row = await floor.row(id)

    assert work.seen == []
    assert (row.state, row.reason) == ("parked", CRASHED)


async def test_parked_jobs_are_counted_and_each_is_told_once_in_the_log(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    jobs, _ = floor.process("exe_1", {})
    ids = [await floor.put("unknown"), await floor.put("unknown")]
    for id in ids:
        for round in range(ATTEMPTS):
            await jobs.carry_out(id, round)

    await jobs.look_after()
    await jobs.look_after()

    told = [record.__dict__["job"] for record in caplog.records if record.message.startswith("job parked")]
    assert sorted(told) == sorted(ids)
    assert floor.parked == [2, 2]


async def test_a_parked_job_that_is_replayed_has_all_its_attempts_again(floor: Floor) -> None:
    work = Work()
    work.results = [UpstreamBusy("not now") for _ in range(8)]
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()
    for round in range(8):
        await jobs.carry_out(id, round)

    async with floor.database.write() as session:
        replayed = await rows.replay(session, id, floor.ambient.clock.now())
        twice = await rows.replay(session, id, floor.ambient.clock.now())
    row = await floor.row(id)
    await jobs.carry_out(id, row.round)

    assert (replayed, twice) == (True, False)
    assert (row.state, row.attempts) == ("queued", 0)
    assert (await floor.row(id)).state == "done"


async def test_an_orderly_end_for_now_is_no_failed_attempt(floor: Floor) -> None:
    work = Work()
    work.results = [Again(3600.0)] * 20
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()

    for round in range(20):
        await jobs.carry_out(id, round)
    row = await floor.row(id)

    assert (row.state, row.round, row.attempts, row.reason) == ("queued", 20, 0, None)
    assert row.due_at - row.changed_at == timedelta(hours=1)


async def test_a_round_that_is_over_does_not_run_again(floor: Floor) -> None:
    work = Work()
    work.results = [Again(0.0)]
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()

    await jobs.carry_out(id, 0)
    await jobs.carry_out(id, 0)

    assert len(work.seen) == 1


async def test_an_attempt_that_was_overtaken_writes_nothing(floor: Floor) -> None:
    work = Work()
    work.gate.clear()
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()
    running = asyncio.create_task(jobs.carry_out(id, 0))
    await work.begun.wait()
    async with floor.database.write() as session:
        await rows.begin(session, id, 0, "exe_2", floor.ambient.clock.now())

    work.gate.set()
    await running
    row = await floor.row(id)

    assert (row.state, row.attempts, row.executor_id) == ("running", 2, "exe_2")


async def test_what_a_stopping_process_interrupts_is_handed_back_and_not_counted(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.jobs.jobs.STOP_S", 0.05)
    work, after = Work(), Work()
    work.gate.clear()
    first, _ = floor.process("exe_1", {"work": work})
    await first.start()
    id = await floor.put()
    await work.begun.wait()

    await first.stop()
    handed_back = await floor.row(id)
    second, _ = floor.process("exe_2", {"work": after})
    await second.start()
    await floor.until(id, lambda row: row.state == "done")
    await second.stop()

    assert (handed_back.state, handed_back.attempts) == ("queued", 0)
    assert [job.attempt for job in after.seen] == [1]


async def test_a_process_that_stops_lets_its_jobs_come_to_their_end(floor: Floor) -> None:
    work = Work()
    work.gate.clear()
    jobs, _ = floor.process("exe_1", {"work": work})
    await jobs.start()
    id = await floor.put()
    await work.begun.wait()

    stopping = asyncio.create_task(jobs.stop())
    await asyncio.sleep(0.1)
    told = jobs.stopping
    work.gate.set()
    await stopping

    assert told
    assert (await floor.row(id)).state == "done"


async def test_the_jobs_of_a_process_that_died_are_taken_over_by_another(floor: Floor) -> None:
    work, after = Work(), Work()
    work.gate.clear()
    first, engine = floor.process("exe_1", {"work": work})
    second, _ = floor.process("exe_2", {"work": after})
    await first.start()
    id = await floor.put()
    await work.begun.wait()
    engine.die()
    for loop in first._loops:
        loop.cancel()

    await second.start()
    row = await floor.until(id, lambda row: row.state == "done")
    await second.stop()

    assert [job.attempt for job in after.seen] == [2]
    assert row.attempts == 2


async def test_the_only_process_takes_over_at_once_from_the_one_before(floor: Floor) -> None:
    async with floor.database.write() as session:
        await rows.beat(session, "exe_1", floor.ambient.clock.now())
    jobs, _ = floor.process("exe_2", {}, sole=True)

    await jobs.start()
    async with floor.database.read() as session:
        alive = await rows.alive(session, floor.ambient.clock.now() - timedelta(minutes=1))
    await jobs.stop()

    assert alive == {"exe_2"}


async def test_one_process_takes_over_at_a_time(floor: Floor) -> None:
    now = floor.ambient.clock.now()
    turns = []
    for seconds in (0, 1, 9, 10, 11):
        async with floor.database.write() as session:
            at = now + timedelta(seconds=seconds)
            turns.append(await rows.may_take_over(session, at, at - timedelta(seconds=10)))

    assert turns == [True, False, False, True, False]


async def test_a_round_that_the_engine_has_lost_is_queued_anew(floor: Floor) -> None:
    work = Work()
    jobs, _ = floor.process("exe_1", {"work": work})
    id = await floor.put()
    await jobs.drain()
    floor.shelf.workflows.clear()

    await jobs.start()
    row = await floor.until(id, lambda row: row.state == "done")
    await jobs.stop()

    assert row.round == 1


async def test_a_kind_that_nobody_knows_is_parked_rather_than_lost(floor: Floor) -> None:
    jobs, _ = floor.process("exe_1", {})
    id = await floor.put(kind="of a newer version")

    for round in range(9):
        await jobs.carry_out(id, round)

    assert (await floor.row(id)).state == "parked"

"""A database that is away: nothing leaves without SENT, and what has left is told as it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.writes.journal import Journal
from gateway.writes.settlement import Confirmed
from tests.integration.writes.acts import FakeVendor, created
from tests.integration.writes.conftest import Office, problem_of

pytestmark = pytest.mark.anyio


class Faltering:
    """A database whose next `failures` write transactions cannot be had."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect
        self.failures = 0

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        if self.failures:
            self.failures -= 1
            raise Unavailable("The database does not answer.")
        async with self._database.write() as session:
            yield session


def journal_on(database: Faltering, office: Office) -> Journal:
    return Journal(database, office.ambient, office.vault, problem_of)  # type: ignore[arg-type]


async def test_without_a_commit_of_sent_nothing_leaves_and_the_key_stays_free(office: Office) -> None:
    database = Faltering(office.database)
    vendor = FakeVendor()
    inner = created(vendor)

    async def act(wrap):
        database.failures = 1
        return await inner(wrap)

    assert await office.said(act, journal=journal_on(database, office)) == "unavailable"
    assert vendor.writes == 0
    assert await office.said(created(vendor)) == "201"


async def test_an_outcome_that_cannot_be_written_is_written_again(office: Office) -> None:
    database = Faltering(office.database)
    vendor = FakeVendor()

    async def away() -> None:
        database.failures = 4  # the vendor's answer is kept once, without a second try

    vendor.before_answer = away
    asking = office.said(created(vendor), journal=journal_on(database, office))

    assert await office.clock.run(asking) == "201"
    assert await office.states() == ["confirmed"]
    assert office.clock.time == pytest.approx(2.6)


async def test_an_outcome_that_stays_unwritten_is_told_and_becomes_unknown(office: Office) -> None:
    database = Faltering(office.database)
    vendor = FakeVendor()

    async def away() -> None:
        database.failures = 1000

    vendor.before_answer = away
    asking = office.said(created(vendor), journal=journal_on(database, office))

    assert await office.clock.run(asking) == "201"
    assert await office.states() == ["sent"]
    office.clock.time += 61
    assert await office.said(created(vendor)) == "outcome_unknown"
    assert vendor.writes == 1


async def test_a_write_is_told_in_the_transaction_that_confirms_it(office: Office) -> None:
    heard: list[Confirmed] = []

    async def hear(session: AsyncSession, confirmed: Confirmed) -> None:
        assert session.in_transaction()
        heard.append(confirmed)

    vendor = FakeVendor()
    journal = office.another_process(on_confirmed=hear)
    vendor.responses = [406, 201]
    await office.said(created(vendor), "refused", journal=journal)
    await office.said(created(vendor), "booked", journal=journal)
    await office.said(created(vendor), "booked", journal=journal)

    assert [(one.upstream_id, one.write.idempotency_key) for one in heard] == [("inv-1", "booked")]


async def test_a_listener_that_fails_undoes_the_confirmation_and_not_the_answer(office: Office) -> None:
    async def fail(session: AsyncSession, confirmed: Confirmed) -> None:
        raise ZeroDivisionError

    vendor = FakeVendor()
    assert await office.said(created(vendor), journal=office.another_process(on_confirmed=fail)) == "201"
    assert await office.states() == ["sent"]

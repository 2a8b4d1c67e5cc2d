"""The data scope of a connection: whatever holds its books goes with the copy, nothing else does."""

import msgspec
import pytest
from sqlalchemy import select

from gateway.persistence.holdings import HOLDINGS
from gateway.persistence.tables import audit_events, events, webhook_attempts, webhook_deliveries
from gateway.replica.rows import place_of
from gateway.replica.sync import states
from tests.integration.privacy.conftest import Kept
from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

BOOKS = [
    *(holding.table for holding in HOLDINGS.values() if holding.of_copy),
    webhook_deliveries,
    webhook_attempts,
]


async def object_events(kept: Kept) -> list[str]:
    """Types of events that name an object of the books."""
    own = (events.c.connection_id == kept.party.connection_id, events.c.resource_id.is_not(None))
    async with kept.stage.rooms.database.read() as session:
        return sorted((await session.execute(select(events.c.type).where(*own))).scalars())


async def last_entry(kept: Kept) -> tuple[str, dict[str, object]]:
    newest = select(audit_events).order_by(audit_events.c.sequence.desc()).limit(1)
    mine = newest.where(audit_events.c.tenant_id == kept.party.tenant_id)
    async with kept.stage.rooms.database.read() as session:
        row = (await session.execute(mine)).one()
    return row.action, msgspec.json.decode(row.detail)


async def assert_full(kept: Kept) -> None:
    counts = await kept.counts(BOOKS)
    assert min(counts.values()) > 0, counts
    assert await object_events(kept) != []


async def assert_empty(kept: Kept) -> None:
    assert set((await kept.counts(BOOKS)).values()) == {0}
    assert await object_events(kept) == []


async def test_turning_the_copy_off_erases_all_of_it(kept: Kept) -> None:
    await kept.fill()
    await assert_full(kept)

    await kept.keep(False)

    await assert_empty(kept)
    action, detail = await last_entry(kept)
    assert action == "connection.changed"
    assert detail["keepsReplica"] is False
    erased = detail["erased"]
    assert isinstance(erased, dict)
    assert (erased["replica_rows"], erased["inbound_events"], erased["webhook_attempts"]) == (3, 1, 1)


async def test_a_pass_that_was_under_way_leaves_nothing_in_what_was_erased_meanwhile(kept: Kept) -> None:
    await kept.fill()
    place, rooms = place_of(await kept.connection(), "invoices"), kept.stage.rooms
    async with rooms.database.read() as session:
        under_way = await states.of(session, place)
    assert under_way is not None

    await kept.keep(False)
    async with rooms.database.write() as session:
        await states.save(session, place, under_way)
        await rooms.replica.mark(session, place, ["e9066f04"], at=rooms.ambient.clock.now(), made=True)

    await assert_empty(kept)


@pytest.mark.parametrize("query", ["", "?data=erase"])
async def test_disconnecting_erases_it_unless_told_otherwise(kept: Kept, query: str) -> None:
    await kept.fill()

    assert (await kept.call("DELETE", kept.path + query)).status_code == 204

    await assert_empty(kept)
    assert (await kept.connection()).keeps_replica is False
    action, detail = await last_entry(kept)
    assert (action, detail["data"]) == ("connection.disconnected", "erase")
    assert "replica_rows" in str(detail["erased"])


async def test_what_is_to_be_kept_is_kept_until_it_is_erased(kept: Kept) -> None:
    await kept.fill()

    await kept.call("DELETE", kept.path + "?data=keep")
    await assert_full(kept)
    assert (await last_entry(kept))[1]["data"] == "keep"
    await kept.call("DELETE", kept.path + "?data=keep")
    await assert_full(kept)
    await kept.call("DELETE", kept.path + "?data=erase")

    await assert_empty(kept)
    assert (await last_entry(kept))[0] == "connection.erased"


async def test_other_words_are_refused_and_nothing_happens(kept: Kept) -> None:
    answer = await kept.call("DELETE", kept.path + "?data=shred")

    assert answer.status_code == 422
    assert (await kept.connection()).state == "connected"


async def test_what_is_told_of_the_connection_itself_stays(kept: Kept) -> None:
    await kept.fill()

    await kept.call("DELETE", kept.path)

    told = (await kept.call("GET", "/v1/events?types=connection.disconnected")).json()["data"]
    assert [event["connectionId"] for event in told] == [kept.party.connection_id]


async def test_a_neighbour_keeps_all_of_its_own(stage: Stage, kept: Kept) -> None:
    neighbour = Kept(stage=stage, party=await stage.party(kept.party.tenant_id))
    await neighbour.keep(True)
    for each in (kept, neighbour):
        await each.fill()

    await kept.keep(False)

    await assert_full(neighbour)


async def test_nothing_is_put_into_a_copy_that_was_erased(kept: Kept) -> None:
    await kept.call("DELETE", kept.path)
    await kept.put("i-9")
    await kept.bury("i-9")

    await assert_empty(kept)


class TestAKeyThatMayOnlyRead:
    """Cannot widen what is kept."""

    @pytest.fixture
    async def reader(self, stage: Stage, kept: Kept) -> Kept:
        """Another key of the same tenant, over the same connection."""
        own = await stage.party(kept.party.tenant_id, scopes=("read",))
        whose = {"connection_id": kept.party.connection_id, "account_key": kept.party.account_key}
        return Kept(stage=stage, party=msgspec.structs.replace(own, **whose))

    async def test_cannot_turn_the_copy_on_or_off(self, kept: Kept, reader: Kept) -> None:
        await kept.keep(False)
        assert (await reader.keep(True)).status_code == 403
        assert (await kept.connection()).keeps_replica is False

        await kept.keep(True)
        assert (await reader.keep(False)).status_code == 403
        assert (await kept.connection()).keeps_replica is True

    async def test_cannot_have_it_filled_or_delivered(self, kept: Kept, reader: Kept) -> None:
        hook = {"url": "https://hooks.muster.example/"}
        assert (await reader.call("POST", kept.path + "/syncs", json={})).status_code == 403
        assert (await reader.call("POST", "/v1/webhook-endpoints", json=hook)).status_code == 403
        assert (await reader.call("DELETE", kept.path)).status_code == 403

    async def test_leaves_nothing_behind_by_reading_where_nothing_is_to_be_kept(
        self, kept: Kept, reader: Kept
    ) -> None:
        await kept.keep(False)

        read = await reader.call("GET", "/v1/accounting/invoices?limit=3")

        assert len(read.json()["data"]) == 3
        await assert_empty(kept)


async def test_a_connection_without_a_copy_tells_no_contents(stage: Stage, party: Party) -> None:
    kept = Kept(stage=stage, party=party)
    await kept.keep(True)
    await kept.fill()
    place = place_of(await kept.connection(), "invoices")

    await kept.keep(False)

    told = (await kept.call("GET", "/v1/events?include=data")).json()["data"]
    assert [event["data"] for event in told if event["data"] is not None] == []
    async with stage.rooms.database.read() as session:
        assert await stage.rooms.replica.documents(session, place, ("i-1", "i-2")) == {}

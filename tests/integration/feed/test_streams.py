"""Streams as listeners see them, piece by piece, from the application itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.api import streaming
from gateway.persistence.event_log import tell
from tests.stage import PUBLIC_URL, Party, Stage, staged

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """Once on SQLite and once on PostgreSQL."""
    async with staged(tmp_path, database_url=database_url) as found:
        yield found


@pytest.fixture
async def party(stage: Stage) -> Party:
    return await stage.party()


class Listener:
    """One stream; what was sent is there as it arrives."""

    def __init__(self, stage: Stage, party: Party, path: str, query: str = "", **headers: str) -> None:
        self.status = 0
        self.text = ""
        self._news, self._gone = asyncio.Event(), asyncio.Event()
        self._scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in {"x-api-key": party.api_key, **headers}.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": (PUBLIC_URL, 80),
        }
        self.over = asyncio.create_task(stage.app(self._scope, self._receive, self._send))  # pyright: ignore[reportArgumentType]

    async def _receive(self) -> Any:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()
        self._news.set()

    async def until(self, said: Callable[["Listener"], bool]) -> None:
        async with asyncio.timeout(20):
            while not said(self):
                self._news.clear()
                await self._news.wait()

    async def hang_up(self) -> None:
        self._gone.set()
        await self.over

    def events(self) -> list[tuple[str, str, Any]]:
        """Type, id and data of each event."""
        found: list[tuple[str, str, Any]] = []
        for text in self.text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
            if "data" in fields:
                found.append((fields["event"], fields.get("id", ""), msgspec.json.decode(fields["data"])))
        return found

    def types(self) -> list[str]:
        return [type for type, _, _ in self.events()]


async def told(stage: Stage, party: Party, *types: str) -> None:
    for type in types:
        async with stage.rooms.database.write() as session:
            await tell(
                session,
                stage.rooms.ambient,
                type=type,
                tenant_id=party.tenant_id,
                environment="test",
                connection_id=party.connection_id,
            )


EVENTS = "/v1/events/stream"


async def test_what_happens_is_told_while_somebody_listens(stage: Stage, party: Party) -> None:
    await told(stage, party, "invoice.before")
    listener = Listener(stage, party, EVENTS)
    await listener.until(lambda it: "retry:" in it.text)

    await told(stage, party, "invoice.created", "invoice.paid")
    await listener.until(lambda it: len(it.events()) == 2)
    await listener.hang_up()

    assert listener.types() == ["invoice.created", "invoice.paid"]
    page = (await stage.call("GET", "/v1/events", party)).json()["data"]
    assert [data for _, _, data in listener.events()] == page[-2:]
    assert not stage.rooms.streams


async def test_a_stream_goes_on_after_the_last_event_that_was_seen(stage: Stage, party: Party) -> None:
    await told(stage, party, "a.one", "a.two", "a.three")
    first = Listener(stage, party, EVENTS, "start=oldest&seconds=0&types=a.*")
    await first.over
    assert first.types() == ["a.one", "a.two", "a.three"]

    seen = first.events()[0][1]
    again = Listener(
        stage, party, EVENTS, f"cursor={first.events()[2][1]}&seconds=0&types=a.*", last_event_id=seen
    )
    await again.over
    listed = await stage.call("GET", "/v1/events", party, params={"cursor": seen, "types": "a.*"})

    assert again.types() == ["a.two", "a.three"]
    assert [event["type"] for event in listed.json()["data"]] == ["a.two", "a.three"]


async def test_more_than_a_look_holds_comes_in_its_order(stage: Stage, party: Party) -> None:
    names = [f"a.n{number}" for number in range(250)]
    async with stage.rooms.database.write() as session:
        for ordinal, name in enumerate(names):
            await tell(
                session,
                stage.rooms.ambient,
                type=name,
                tenant_id=party.tenant_id,
                environment="test",
                ordinal=ordinal,
                at=stage.rooms.ambient.clock.now(),
            )
    listener = Listener(stage, party, EVENTS, "start=oldest&seconds=0&types=a.*")
    await listener.over

    assert [type for type in listener.types() if type.startswith("a.n")] == names


async def test_silence_moves_the_place_where_to_go_on(
    stage: Stage, party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.0)
    listener = Listener(stage, party, EVENTS, "types=invoice.*")
    await listener.until(lambda it: len(ids(it)) > 0)
    await told(stage, party, "customer.created")
    await listener.until(lambda it: len(set(ids(it))) > 1)
    await listener.hang_up()

    assert listener.events() == []
    answer = await stage.call(
        "GET", "/v1/events", party, params={"cursor": ids(listener)[-1], "types": "invoice.*"}
    )
    assert answer.json()["data"] == []


def ids(listener: Listener) -> list[str]:
    return [line[4:] for line in listener.text.splitlines() if line.startswith("id: ")]


async def test_a_key_that_is_taken_hears_no_more(
    stage: Stage, party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.0)
    listener = Listener(stage, party, EVENTS)
    await listener.until(lambda it: "retry:" in it.text)
    async with stage.rooms.database.write() as session:
        await stage.rooms.api_keys.revoke(session, party.tenant_id, "test", party.key_id)

    async with asyncio.timeout(20):
        await listener.over


async def test_streams_end_when_the_process_is_told_to_stop(stage: Stage, party: Party) -> None:
    listener = Listener(stage, party, EVENTS)
    await listener.until(lambda it: "retry:" in it.text)
    assert stage.rooms.under_way == 0

    stage.rooms.stop_comes()

    async with asyncio.timeout(20):
        await listener.over
    stage.rooms.ready = True


async def test_one_key_cannot_take_all_places(stage: Stage, party: Party) -> None:
    listeners = [Listener(stage, party, EVENTS) for _ in range(streaming.OF_ONE_KEY)]
    for listener in listeners:
        await listener.until(lambda it: "retry:" in it.text)

    refused = await stage.call("GET", EVENTS, party)
    for listener in listeners:
        await listener.hang_up()

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
    assert not stage.rooms.streams
    assert (await stage.call("GET", EVENTS, party, params={"seconds": 0})).status_code == 200


async def test_many_listeners_cost_the_database_one_look(stage: Stage, party: Party) -> None:
    following, looks = stage.rooms.following, 0
    read = stage.rooms.database.read

    def counted() -> Any:
        nonlocal looks
        looks += 1
        return read()

    stage.rooms.database.read = counted  # pyright: ignore[reportAttributeAccessIssue]
    await asyncio.gather(*(following.last(party.tenant_id, "test") for _ in range(100)))
    stage.rooms.database.read = read

    assert 0 < looks <= 4


async def test_a_bad_start_is_a_problem_and_no_stream(stage: Stage, party: Party) -> None:
    for query in ({"cursor": "x"}, {"seconds": "3601"}, {"types": "invoice"}, {"limit": "1"}):
        assert (await stage.call("GET", EVENTS, party, params=query)).status_code == 422, query
    assert (await stage.client.get(EVENTS)).status_code == 401


async def test_freshness_is_told_at_once_and_when_it_changed(stage: Stage, party: Party) -> None:
    path = f"/v1/connections/{party.connection_id}"
    listener = Listener(stage, party, f"{path}/syncs/stream")
    await listener.until(lambda it: len(it.events()) == 1)
    await stage.call("PATCH", path, party, json={"keepsReplica": True})
    await listener.until(lambda it: len(it.events()) == 2)

    assert [name for name, _, _ in listener.events()] == ["syncs", "syncs"]
    empty, waiting = (data for _, _, data in listener.events())
    assert empty == []
    assert {sync["state"] for sync in waiting} == {"waiting"}
    await stage.client.delete(path, headers=party.headers())
    await listener.hang_up()
    unknown = await stage.call("GET", "/v1/connections/con_nothing/syncs/stream", party)
    assert unknown.status_code == 404

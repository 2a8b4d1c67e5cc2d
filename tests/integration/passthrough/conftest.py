"""Somebody who speaks the vendor's own words, and the vendor, who writes down what arrives."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest
from sqlalchemy import select

from gateway.persistence.tables import write_journal as rows
from gateway.upstream.transport import Transports
from tests.stage import Party, Stage, staged


class Recorder(httpx2.AsyncBaseTransport):
    """Keeps each request that leaves, and lets the twin answer, or `instead`."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner
        self.requests: list[httpx2.Request] = []
        self.bodies: list[bytes] = []
        self.instead: httpx2.Response | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        self.bodies.append(await request.aread())
        if self.instead is not None:
            answer, self.instead = self.instead, None
            return answer
        return await self.inner.handle_async_request(request)


class Speaker(msgspec.Struct, kw_only=True):
    """A caller with both keys. Writes have a fresh Idempotency-Key unless told otherwise."""

    stage: Stage
    party: Party
    wire: Recorder
    number: int = 0

    async def say(
        self, method: str, path: str, *, key: str | None = None, party: Party | None = None, **more: Any
    ) -> httpx2.Response:
        """A call through the gateway."""
        self.number += 1
        body = {"method": method, "path": path, **more}
        return await self.stage.call(
            "POST",
            "/v1/passthrough",
            party or self.party,
            key=key or f"say-{self.number}",
            content=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
        )

    async def journaled(self) -> list[Any]:
        """The rows of this connection's writes: operation, state, key."""
        columns = (rows.c.resource, rows.c.operation, rows.c.state, rows.c.idempotency_key)
        statement = select(*columns).where(rows.c.connection_id == self.party.connection_id)
        async with self.stage.rooms.database.read() as session:
            return [tuple(row) for row in (await session.execute(statement)).all()]


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Stage, Recorder]]:
    recorders: list[Recorder] = []

    def recording(base: httpx2.AsyncBaseTransport) -> Transports:
        recorders.append(Recorder(base))
        return Transports(base=recorders[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.stage.Transports", recording)
        async with staged(tmp_path_factory.mktemp("passthrough")) as stage:
            stage.rooms.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
            yield stage, recorders[0]


@pytest.fixture
async def speaker(told: tuple[Stage, Recorder]) -> Speaker:
    """A tenant of its own; what left before is forgotten."""
    stage, wire = told
    wire.requests.clear()
    wire.bodies.clear()
    stage.twin.twin.faults.clear()
    stage.rooms.upstream.circuits.any.clear()  # of what befell others
    stage.twin.settings.on_cut = lambda: httpx2.RemoteProtocolError("the line was cut")
    return Speaker(stage=stage, party=await stage.party(), wire=wire)

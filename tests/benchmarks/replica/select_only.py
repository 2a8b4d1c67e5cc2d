"""The same framework and server with handlers that do nothing but SELECT, and answer the same bytes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, get
from sqlalchemy import bindparam, select

from gateway.persistence.database import Database
from gateway.persistence.tables import replica_rows as ROWS
from tests.benchmarks.replica.shelf import page_of, shelf_of_environment

JSON = "application/json"


def create() -> Litestar:
    """Paths: `/page`, `/one/{id}`, and `/memory`, which does not even select."""
    shelf = shelf_of_environment()
    database = Database.open(shelf.database_url)
    statement, values = page_of(shelf)
    one = select(ROWS.c.document).where(*shelf.place.within(ROWS), ROWS.c.id == bindparam("id"))
    memory: list[bytes] = []

    async def read() -> bytes:
        async with database.glance() as session:
            rows = (await session.execute(statement, values)).all()
        return b"[" + b",".join([row.document for row in rows[:-1]]) + b"]"

    @get("/page")
    async def page() -> Response[bytes]:
        return Response(await read(), media_type=JSON)

    @get("/memory")
    async def same() -> Response[bytes]:
        if not memory:
            memory.append(await read())
        return Response(memory[0], media_type=JSON)

    @get("/one/{id:str}")
    async def single(request: Request[Any, Any, Any]) -> Response[bytes]:
        async with database.glance() as session:
            document = (await session.execute(one, {"id": request.path_params["id"]})).scalar_one()
        return Response(document, media_type=JSON)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        yield
        await database.dispose()

    return Litestar([page, same, single], lifespan=[lifespan], openapi_config=None, logging_config=None)

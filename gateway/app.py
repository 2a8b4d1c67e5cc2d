"""The ASGI application."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from litestar import Litestar, Request
from litestar.response import Response

from gateway import settings as configuration
from gateway.api import connect_pages, docs_pages, hooks
from gateway.api.catalogue import endpoints
from gateway.api.methods import options_of
from gateway.api.problems import from_framework, problem_response
from gateway.api.refusals import WRITTEN_EVERY_S
from gateway.api.rooms import Rooms
from gateway.api.routes import handlers
from gateway.errors import Unavailable
from gateway.jobs.jobs import Jobs
from gateway.persistence.shared_clock import in_step
from gateway.telemetry.log import configure, fault
from gateway.wiring import build_delivering, build_jobs, build_recovery, build_rooms, close_rooms

NOTE_USES_S = 20.0


def create() -> Litestar:
    """The application of this process, with settings from the environment."""
    settings = configuration.from_environment()
    configure(settings)
    rooms = build_rooms(settings)
    signal.signal(configuration.STOP_COMES, lambda *_: rooms.stop_comes())
    return build_app(rooms, build_jobs(rooms) if settings.embedded else None)


def build_app(rooms: Rooms, jobs: Jobs | None = None) -> Litestar:
    """The application over rooms that are built; its lifespan runs `jobs` and closes the rooms."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _start(rooms, jobs, stack)
            try:
                yield
            finally:
                rooms.stop_comes()

    doors = [
        *handlers(endpoints(rooms.resources), rooms),
        *connect_pages.handlers(rooms),
        *docs_pages.handlers(rooms),
        *hooks.handlers(rooms),
    ]
    return Litestar(
        [*options_of(doors, rooms.ambient.ids), *doors],  # first, or the framework makes its own
        lifespan=[lifespan],
        exception_handlers={Exception: _on_exception(rooms)},
        openapi_config=None,
        logging_config=None,  # the framework's would replace the handlers of telemetry
        request_max_body_size=None,
        debug=False,
    )


async def _start(rooms: Rooms, jobs: Jobs | None, stack: AsyncExitStack) -> None:
    stack.push_async_callback(close_rooms, rooms)
    await stack.enter_async_context(in_step(rooms.ambient.clock))
    if rooms.settings.metrics_port >= 0:
        stack.callback(rooms.metrics.serve(rooms.settings.host, rooms.settings.metrics_port))
    if jobs is not None:
        await jobs.start()
        stack.push_async_callback(jobs.stop)
        delivering = build_delivering(rooms)
        delivering.start()
        stack.push_async_callback(delivering.stop)
    running = [
        asyncio.create_task(rooms.request_log.run()),
        asyncio.create_task(build_recovery(rooms).watch()),
        asyncio.create_task(_now_and_then(rooms, NOTE_USES_S, rooms.api_keys.flush)),
        asyncio.create_task(_now_and_then(rooms, WRITTEN_EVERY_S, rooms.refusals.flush)),
    ]

    async def stop() -> None:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await rooms.request_log.flush_quietly()
        for flush in (rooms.api_keys.flush, rooms.refusals.flush):
            with suppress(Unavailable):
                await flush()

    stack.push_async_callback(stop)


async def _now_and_then(rooms: Rooms, every_s: float, flush: Callable[[], Awaitable[object]]) -> None:
    """Write down what is kept in memory; a database that is away gets it later."""
    while True:
        await rooms.ambient.clock.sleep(every_s)
        with suppress(Unavailable):
            await asyncio.shield(flush())


def _on_exception(rooms: Rooms) -> Any:
    """Whatever is raised outside an endpoint: unknown paths and methods, and bugs."""

    def answer(request: Request[Any, Any, Any], exception: Exception) -> Response[bytes]:
        request_id = request.scope["state"].get("request_id") or rooms.ambient.ids.new("req")
        error = from_framework(exception)
        if error.status == 500:
            fault(exception, request_id=request_id, route=request.scope["path"])
        return problem_response(error, request_id)

    return answer

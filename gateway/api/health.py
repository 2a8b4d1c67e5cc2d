"""Is it alive, is it ready. No API key, nothing told about the inside."""

from msgspec import Struct
from sqlalchemy import text

from gateway.api.call import Call
from gateway.api.declaration import Tag, endpoint
from gateway.errors import Unavailable

TAG = Tag("health", "Whether the process is alive, and ready for calls.")


class Health(Struct, kw_only=True):
    """State of this process."""

    status: str
    """`ok`."""


@endpoint(
    "GET",
    "/health/live",
    scope=None,
    tag=TAG,
    summary="Is the process alive",
    answer=Health,
    example_answer={"status": "ok"},
)
async def health_live(call: Call) -> Health:
    """Answers as long as the process runs; does not look at the database."""
    return Health(status="ok")


@endpoint(
    "GET",
    "/health/ready",
    scope=None,
    tag=TAG,
    summary="Can the process serve",
    answer=Health,
    example_answer={"status": "ok"},
    errors=(Unavailable,),
)
async def health_ready(call: Call) -> Health:
    """Ready when the database answers and no stop was asked for; a balancer sends calls only then."""
    if not call.rooms.ready:
        raise Unavailable("This process is stopping.", retry_after_s=5)
    try:
        async with call.rooms.database.read() as session:
            await session.execute(text("SELECT 1"))
    except Exception as error:
        raise Unavailable("The database does not answer.", retry_after_s=5) from error
    return Health(status="ok")


ENDPOINTS = (health_live, health_ready)

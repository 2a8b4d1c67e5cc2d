"""A vendor of files over a bare socket, who knows how much it was rid of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct, field

from tests.integration.upstream.vendor import Answering, Request, answer, saying, vendor

PIECE = 65536


class Office(Struct, kw_only=True):
    """What it answers to each Accept; 404 to any other."""

    url: str = ""
    files: dict[str, Answering] = {}
    handed_over: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the other side hangs up amid a file."""

    def serve(self, media_type: str, body: bytes, *, until: int | None = None) -> Answering:
        """A file, broken off after `until` bytes."""

        async def speak(request: Request, writer: asyncio.StreamWriter) -> None:
            self.handed_over = 0
            writer.write(answer("200 OK", body, f"Content-Type: {media_type}")[: -len(body)])
            try:
                for start in range(0, until or len(body), PIECE):
                    writer.write(body[start : start + PIECE])
                    await writer.drain()
                    self.handed_over += PIECE
            except ConnectionError:
                self.hung_up.set()
                raise
            if until is not None:
                writer.close()

        return speak


@asynccontextmanager
async def open_office() -> AsyncIterator[Office]:
    """An office on a free port of this machine."""
    office = Office()

    async def by_accept(request: Request, writer: asyncio.StreamWriter) -> None:
        not_found = saying(answer("404 Not Found"))
        await office.files.get(request.header("accept") or "", not_found)(request, writer)

    async with vendor(by_accept) as listening:
        office.url = listening.url
        yield office

"""A line between a gateway and PostgreSQL that goes dead at a commit: carried out, and the answer lost.

Speaks as much of the protocol's version 3 as it takes to find the messages that hold a commit.
"""

import asyncio
import random
from contextlib import suppress

from tests.chaos.listening import Listener

COMMIT = b"COMMIT\x00"
WITH_STATEMENT = b"QP"
"""Messages of a client that hold the text of a statement: simple query, parse."""


class CuttingProxy(Listener):
    """Listens on a port of its own and hands on to the socket at `path`, in a thread of its own.

    When `cut_next` was asked for, one of the next `spread` commits is handed on, and the line is closed once
    the server has begun to answer, without a byte of that answer.
    """

    def __init__(self, path: str, seed: int) -> None:
        super().__init__()
        self.cuts = 0
        self._path = path
        self._dice = random.Random(seed)
        self._wait = -1
        """Commits until the one that is cut; negative: none is to be."""

    def cut_next(self, spread: int) -> None:
        """One of the next so many commits loses its answer."""
        self._wait = self._dice.randrange(spread)

    @property
    def armed(self) -> bool:
        """Whether a cut that was asked for is still to come."""
        return self._wait >= 0

    async def line(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(self._path)
        cut = asyncio.Event()
        up = asyncio.create_task(self._up(client, to_server, cut))
        down = asyncio.create_task(self._down(server, to_client, cut))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            for writer in (to_client, to_server):
                writer.transport.abort() if cut.is_set() else writer.close()

    async def _up(
        self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        """Message by message: its length in four bytes, before them a letter, but for the first."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            length = await client.readexactly(4)
            to_server.write(length + await client.readexactly(int.from_bytes(length) - 4))
            while True:
                head = await client.readexactly(5)
                body = await client.readexactly(int.from_bytes(head[1:]) - 4)
                if head[0] in WITH_STATEMENT and COMMIT in body:
                    if self._wait == 0:
                        self.cuts += 1
                        cut.set()
                    self._wait = max(-1, self._wait - 1)
                to_server.write(head + body)
                await to_server.drain()

    async def _down(
        self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        with suppress(ConnectionError):
            while data := await server.read(65536):
                if cut.is_set():
                    return  # the commit is carried out: PostgreSQL answers no sooner
                to_client.write(data)
                await to_client.drain()

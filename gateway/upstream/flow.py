"""A body that is handed on while it arrives."""

import asyncio
from collections.abc import AsyncGenerator

from gateway.upstream.body import Unreadable
from gateway.upstream.carrier import Carried
from gateway.upstream.failures import FAILED, no_answer


class Flow:
    """What of an answer's body is still on its way, and keeps the connection.

    Waiting for the vendor may take `patience_s` in all. What the reader does between two pieces takes none of
    it: meanwhile the vendor is made to wait.
    """

    def __init__(self, carried: Carried, size: int, patience_s: float) -> None:
        self.size = size
        """Bytes that are to come."""
        self._carried = carried
        self._pieces = carried.body.__aiter__()
        self._patience_s = self._left_s = patience_s

    async def beginning(self, most: int) -> bytes:
        """The first bytes: `most`, and what arrived together with them. Raises as `next` does.

        When these were all, `size` is 0 and the connection given back.
        """
        pieces: list[bytes] = []
        came = 0
        try:
            while came < most and (piece := await self.next()) is not None:
                pieces.append(piece)
                came += len(piece)
            if not self.size:
                await self.next()
                await self.aclose()
        except BaseException:
            await self.aclose()
            raise
        return b"".join(pieces)

    async def next(self) -> bytes | None:
        """Bytes as they arrive; None once all have. Raises NoAnswer: it broke off, or has another length."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(self._left_s):
                piece = await anext(self._pieces, None)
        except FAILED as error:
            raise no_answer(error, self._patience_s, self._carried) from error
        self._left_s -= loop.time() - started
        self.size -= len(piece or b"")
        if self.size < 0 or (piece is None and self.size):
            raise no_answer(Unreadable("the answer is not as long as told"), 0, self._carried)
        return piece

    async def aclose(self) -> None:
        """Give the connection back; give it up when something is left."""
        if isinstance(self._pieces, AsyncGenerator):
            await self._pieces.aclose()
        await self._carried.body.aclose()

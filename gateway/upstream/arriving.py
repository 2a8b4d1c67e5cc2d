"""The rest of a file: handed to whoever answers the request, and noted once it ends."""

from collections.abc import AsyncIterator, Callable

from connectors.base.errors import KontorError
from gateway.upstream.failures import NoAnswer
from gateway.upstream.flow import Flow

AHEAD = 256 * 1024
"""Bytes of a file that are read before its answer begins. A smaller one frees its connection however slowly
the caller takes it, and when it breaks off there is still an error to answer with."""
MOST_AT_ONCE = 100
"""Files that may keep a connection for as long as their callers take: half of those to a vendor."""
ABANDONED = "abandoned"
"""Failure of a call that nobody waits for any more."""


class Arriving:
    """`connectors.base.wire.Rest` of one call."""

    def __init__(
        self,
        flow: Flow,
        lost: Callable[[NoAnswer], KontorError],
        ended: Callable[[int, str | None], None],
    ) -> None:
        """`lost` says what a broken flow means; `ended` is told once how many bytes did not come, and why."""
        self._flow = flow
        self._lost = lost
        self._ended = ended
        self._open = True

    @property
    def size(self) -> int:
        """See `Rest.size`."""
        return self._flow.size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._open:
            try:
                piece = await self._flow.next()
            except NoAnswer as error:
                lost = self._lost(error)
                await self._end(lost.code)
                raise lost from error
            if piece is None:
                await self._end(None)
            else:
                yield piece

    async def aclose(self) -> None:
        """See `Rest.aclose`."""
        await self._end(ABANDONED)

    async def _end(self, failure: str | None) -> None:
        if self._open:
            self._open = False
            try:
                await self._flow.aclose()
            finally:
                self._ended(self._flow.size, failure)

"""Carries callbacks to their subscribers, and looks whether an address answers: its one HTTP client."""

import asyncio
import socket

from httpx2 import AsyncClient, ConnectError, HTTPError, TooManyRedirects  # noqa: TID251

from sandbox.lexoffice import agenda
from sandbox.lexoffice.events.delivery import MOST_REDIRECTS, READ_TIMEOUT_S, Failure, Posting
from sandbox.lexoffice.twin import Twin

LONGEST_NAP_S = 1.0


def new_client() -> AsyncClient:
    """Follows three redirects and waits five seconds, as the vendor does.

    The lint wants clients from the gateway's own factory, of which the twin knows nothing.
    """
    return AsyncClient(
        timeout=READ_TIMEOUT_S, follow_redirects=True, max_redirects=MOST_REDIRECTS, trust_env=False
    )


class Courier:
    """Works in the background as long as the application lives; `deliver` does one round."""

    def __init__(self, twin: Twin, client: AsyncClient) -> None:
        self._twin = twin
        self._client = client
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._work = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        await self._client.aclose()

    def notice(self) -> None:
        """Something may have become due."""
        self._wake.set()

    async def reachable(self, url: str) -> bool:
        try:
            await self._client.head(url)
        except HTTPError:
            return False
        return True

    async def deliver(self) -> int:
        """Carry all that is due now; how many callbacks that were."""
        self._twin.catch_up()
        postings = self._twin.collect_postings()
        answers = await asyncio.gather(*(self._post(posting) for posting in postings))
        for posting, answer in zip(postings, answers, strict=True):
            self._twin.settle_posting(posting.delivery_id, answer)
        return len(postings)

    async def _post(self, posting: Posting) -> int | Failure:
        try:
            answer = await self._client.post(posting.url, content=posting.body, headers=posting.headers)
        except TooManyRedirects:
            return "redirects"
        except ConnectError as error:
            return "dns" if _is_dns(error) else "unreachable"
        except HTTPError:
            return "unreachable"
        return answer.status_code

    async def _run(self) -> None:
        while True:
            await self.deliver()
            left = agenda.next_in(self._twin.world, self._twin.clock.now())
            nap = LONGEST_NAP_S if left is None else min(max(left.total_seconds(), 0.01), LONGEST_NAP_S)
            try:
                await asyncio.wait_for(self._wake.wait(), nap)
            except TimeoutError:
                continue
            self._wake.clear()


def _is_dns(error: BaseException) -> bool:
    while error is not None:
        if isinstance(error, socket.gaierror):
            return True
        error = error.__cause__ or error.__context__  # pyright: ignore[reportAssignmentType]
    return False

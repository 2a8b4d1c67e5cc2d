"""A balancer as small as can be: each new connection goes to the next gateway that says it is ready."""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress

import httpx2

from tests.chaos.installation import Server
from tests.chaos.listening import Listener

LOOKS_S = 0.2


class Balancer(Listener):
    """Listens at `url`. It repeats nothing and hides nothing: what a gateway refuses fails for the client."""

    def __init__(self, gateways: Sequence[Server]) -> None:
        super().__init__()
        self._gateways = gateways
        self._ready: set[Server] = set()
        self._turns = itertools.count()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serves(self, gateway: Server) -> bool:
        """Whether new connections go there."""
        return gateway in self._ready

    async def begin(self) -> None:
        self._client = httpx2.AsyncClient(trust_env=False, timeout=5)
        await super().begin()
        self._looking = asyncio.create_task(self._look())

    async def end(self) -> None:
        await super().end()
        await self._client.aclose()

    async def _look(self) -> None:
        while True:
            await asyncio.gather(*map(self._look_at, self._gateways))
            await asyncio.sleep(LOOKS_S)

    async def _look_at(self, gateway: Server) -> None:
        ready = False
        with suppress(httpx2.HTTPError):
            answer = await self._client.get(f"{gateway.url}/health/ready", headers={"connection": "close"})
            ready = answer.status_code == 200
        (self._ready.add if ready else self._ready.discard)(gateway)

    async def line(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        ready = [gateway for gateway in self._gateways if gateway in self._ready]
        writers = [to_client]
        try:
            place = httpx2.URL(ready[next(self._turns) % len(ready)].url)
            server, to_server = await asyncio.open_connection(place.host, place.port)
            writers.append(to_server)
            both = [asyncio.ensure_future(_handed_on(client, to_server))]
            both.append(asyncio.ensure_future(_handed_on(server, to_client)))
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for one in both:
                one.cancel()
        finally:
            for writer in writers:
                writer.close()


async def _handed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

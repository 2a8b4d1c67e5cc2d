"""A vendor that costs nothing: a few invoices and one profile from memory, at once or after a pause.

`python -m tests.benchmarks.upstream PORT`. `GET /pause/20` makes every later answer 20 ms slow.
"""

import asyncio
import json
import os
import selectors
import sys
from pathlib import Path

from gateway.launch import lifeline

FIXTURES = Path(__file__).parent.parent / "twin" / "fixtures"
INVOICE_ID = "97dcc1f6-e8d2-4d68-badb-71865edbf62f"
INVOICE_IDS = (INVOICE_ID, *(f"{INVOICE_ID[:-2]}{number:02x}" for number in range(31)))
"""One for each line of the load, so that no answer can serve two of them."""


def sample(name: str) -> bytes:
    """The vendor's sample, without the blanks it was printed with."""
    parsed = json.loads((FIXTURES / f"{name}.response.json").read_text())
    return json.dumps(parsed, ensure_ascii=False, separators=(",", ":")).encode()


def answer(body: bytes) -> bytes:
    """As the vendor's gateway dresses it."""
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\n"
        "Date: Mon, 02 Mar 2026 08:14:05 GMT\r\n"
        "x-amzn-RequestId: 5f0c1f4e-21c1-4b3e-9d6e-0f8f6b2f7a10\r\nx-amz-apigw-id: Z1k2mF3aliAFYtw=\r\n\r\n"
    )
    return head.encode() + body


ANSWERS = {
    **{
        f"/v1/invoices/{id}".encode(): answer(sample("invoice").replace(INVOICE_ID.encode(), id.encode()))
        for id in INVOICE_IDS
    },
    b"/v1/profile": answer(sample("profile")),
}
UNKNOWN = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Pace:
    """Seconds before each answer, for all lines."""

    seconds = 0.0


class Vendor(asyncio.Protocol):
    """Requests without a body, one at a time."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(b"\r\n\r\n"):
            return
        path = self._received.split(b" ", 2)[1]
        self._received = b""
        if path.startswith(b"/pause/"):
            self._pace.seconds = int(path[7:]) / 1000
            self._transport.write(answer(b"{}"))
        elif self._pace.seconds:
            asyncio.get_running_loop().call_later(self._pace.seconds, self._reply, path)
        else:
            self._reply(path)

    def _reply(self, path: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWERS.get(path, UNKNOWN))


def precise_loop() -> asyncio.AbstractEventLoop:
    """A loop whose timers keep microseconds: epoll waits whole milliseconds, rounded up, so that pauses
    which end one after another would last half a millisecond longer than those which end together."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def serve(port: int) -> None:
    pace = Pace()
    server = await asyncio.get_running_loop().create_server(lambda: Vendor(pace), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    lifeline.end_with_pipe(int(os.environ["KONTOR_PARENT_FD"]))
    with asyncio.Runner(loop_factory=precise_loop) as runner:
        runner.run(serve(int(sys.argv[1])))

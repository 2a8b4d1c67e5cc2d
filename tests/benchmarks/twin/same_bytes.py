"""An ASGI application that reads the request and answers the same bytes: what the server and HTTP alone cost.

`python -m tests.benchmarks.twin.same_bytes PORT STATUS FILE`, on the very server that the twin runs on.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from gateway.launch import lifeline
from sandbox.lexoffice.process import server

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class SameBytes:
    def __init__(self, status: int, body: bytes) -> None:
        self._status = status
        self._body = body
        self._headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


if __name__ == "__main__":
    lifeline.end_with_pipe(int(os.environ["KONTOR_PARENT_FD"]))
    app = SameBytes(int(sys.argv[2]), Path(sys.argv[3]).read_bytes())
    asyncio.run(server(app, "127.0.0.1", int(sys.argv[1])).serve())

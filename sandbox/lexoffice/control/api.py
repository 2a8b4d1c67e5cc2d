"""The control API: what the app's user, Lexware's operators and fate do, as JSON over a loopback port.

It has no authentication and is never served beside the API itself.
"""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.app import Message, Receive, Send, TwinApp, read_body, send_reply
from sandbox.lexoffice.control import commands, page
from sandbox.lexoffice.errors import Refused
from sandbox.lexoffice.routing import Router
from sandbox.lexoffice.wire import Reply, json_reply

UNFIT = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What a command raises that was given what it cannot work with."""
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class ControlApp:
    """An ASGI application over the same twin."""

    def __init__(self, app: TwinApp) -> None:
        self._app = app
        self._router = Router(commands.ROUTES)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for stage in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{stage}.complete"})
            return
        body = await read_body(receive)
        await send_reply(send, self._answer(scope, body or b""))

    def _answer(self, scope: Message, body: bytes) -> Reply:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not _is_local(headers):
            return json_reply({"message": "The control API answers local programs only."}, 403)
        query = scope.get("query_string", b"").decode("latin-1")
        match scope["method"], scope["path"]:
            case "GET", "/":
                return page.show(self._app, query)
            case "POST", "/page":
                return self._noticed(page.act(self._app, body))
        return self._noticed(self._command(scope["method"], scope["path"], query, body))

    def _noticed(self, reply: Reply) -> Reply:
        """What was done may have made something due."""
        if self._app.courier is not None:
            self._app.courier.notice()
        return reply

    def _command(self, method: str, path: str, query: str, body: bytes) -> Reply:
        found = self._router.find(method, path)
        if found is None:
            return json_reply({"message": "Unknown command.", "commands": commands.overview()}, 404)
        route, ids = found
        try:
            given = jsontext.decode(body) if body else dict(parse_qsl(query))
            return json_reply(route.handler(self._app, *ids, **_arguments(given)))
        except (*UNFIT, msgspec.ValidationError, Refused) as error:
            return json_reply({"message": f"{type(error).__name__}: {error}"}, 400)


def _is_local(headers: dict[str, str]) -> bool:
    """A web page of another host must reach nothing here, neither by a form nor by a rebound name."""
    host = headers.get("host", "")
    origin = headers.get("origin")
    return host.rsplit(":", 1)[0] in LOOPBACK_HOSTS and origin in (None, f"http://{host}")


def _arguments(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError("a JSON object is expected")
    return {_snake(name): value for name, value in given.items()}


def _snake(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)

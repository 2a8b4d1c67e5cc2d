"""What crosses the wire, freed of any server: a request, a reply, and how the reply leaves."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from sandbox.lexoffice import jsontext

JSON = ("content-type", "application/json")


class Request(msgspec.Struct):
    """One HTTP request. Header names are lower case; the query keeps its order and its doubles."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: dict[str, str] = {}
    body: bytes = b""
    base_url: str = "http://twin.local"
    reachable: bool | None = None
    """Whether the callback address in the body answered; None when nobody looked."""


class Reply(msgspec.Struct):
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        return jsontext.decode(self.body)


class Outcome(msgspec.Struct):
    """A reply and the accident that befalls it on its way.

    `cut` closes the connection: `silently` before a single byte, `in_body` after half of the body.
    """

    reply: Reply
    delay_s: float = 0
    cut: Literal["silently", "in_body"] | None = None


def json_reply(value: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status, jsontext.encode(value), (JSON, *headers))


def bytes_reply(body: bytes, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A reply whose JSON was encoded before."""
    return Reply(status, body, (JSON, *headers))

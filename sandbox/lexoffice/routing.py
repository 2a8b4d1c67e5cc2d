"""Which function answers which method and path, under which scope, and in which error shape."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from sandbox.lexoffice.errors import Dialect

Handler = Callable[..., Any]
"""Takes a call and the ids of the path, gives a `wire.Reply` (a command of the control API: plain data)."""


class Route(msgspec.Struct, frozen=True):
    """`path` has `{}` where an id stands. `scopes`: all of them are needed; `any_scope`: one will do."""

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...] = ()
    any_scope: tuple[str, ...] = ()
    dialect: Dialect = "regular"
    content: str | None = None
    """The request's media type that is demanded, when there is a body to read."""


class Router:
    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_shape: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        for route in routes:
            parts = route.path.split("/")
            self._by_shape.setdefault((route.method, len(parts)), []).append((parts, route))

    def find(self, method: str, path: str) -> tuple[Route, list[str]] | None:
        """The route of a path and the ids in it."""
        parts = path.split("/")
        for pattern, route in self._by_shape.get((method, len(parts)), ()):
            ids = []
            for part, expected in zip(parts, pattern, strict=True):
                if expected == "{}":
                    ids.append(part)
                elif part != expected:
                    break
            else:
                return route, ids
        return None


def get(path: str, handler: Handler, *scopes: str, **more: Any) -> Route:
    return Route("GET", path, handler, scopes, **more)


def post(path: str, handler: Handler, *scopes: str, **more: Any) -> Route:
    return Route("POST", path, handler, scopes, **{"content": "application/json", **more})


def put(path: str, handler: Handler, *scopes: str, **more: Any) -> Route:
    return Route("PUT", path, handler, scopes, **{"content": "application/json", **more})


def delete(path: str, handler: Handler, *scopes: str, **more: Any) -> Route:
    return Route("DELETE", path, handler, scopes, **more)

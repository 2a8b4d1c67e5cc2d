"""OPTIONS of every path: which methods it has. The framework's own answer names those of one handler only."""

from collections.abc import Iterable
from typing import Any

from litestar import HttpMethod, Request
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from gateway.ambient import Ids


def options_of(handlers: Iterable[HTTPRouteHandler], ids: Ids) -> list[HTTPRouteHandler]:
    """One handler a path that tells the methods of all `handlers` there."""
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)
    return [_telling(path, ", ".join(sorted(found)), ids) for path, found in methods.items()]


def _telling(path: str, allow: str, ids: Ids) -> HTTPRouteHandler:
    async def tell(request: Request[Any, Any, Any]) -> ASGIResponse:
        return ASGIResponse(status_code=204, headers=[("allow", allow), ("request-id", ids.new("req"))])

    return HTTPRouteHandler(path, http_method=HttpMethod.OPTIONS, status_code=200, include_in_schema=False)(
        tell
    )

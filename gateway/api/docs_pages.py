"""`/openapi.json`, the API page and the list of error codes; everything is served from this package."""

import importlib.metadata
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from gateway.api.catalogue import endpoints
from gateway.api.openapi import document
from gateway.api.problems import error_kinds
from gateway.api.rooms import Rooms
from schemas.base import Resource

STATIC = Path(__file__).parent / "static"
CACHE = {"cache-control": "public, max-age=3600"}
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PAGES = Environment(loader=PackageLoader("gateway.api"), autoescape=True)


def described(resources: dict[str, Resource], servers: list[dict[str, str]]) -> dict[str, Any]:
    """The OpenAPI document of this version."""
    return document(endpoints(resources), version=importlib.metadata.version("kontor"), servers=servers)


def handlers(rooms: Rooms) -> list[HTTPRouteHandler]:
    """Litestar handlers of the documentation."""
    server = {"url": rooms.settings.public_url, "description": "This gateway"}
    encoded = msgspec.json.encode(described(rooms.resources, [server]))

    def stamped(response: Response[Any]) -> Response[Any]:
        response.headers["request-id"] = rooms.ambient.ids.new("req")
        return response

    page = partial(get, include_in_schema=False, after_request=stamped)

    @page("/openapi.json")
    async def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
        return Response(encoded, media_type="application/json")

    @page("/docs")
    async def docs_page(request: Request[Any, Any, Any]) -> Response[str]:
        return _html("docs.html")

    @page("/docs/errors")
    async def errors_page(request: Request[Any, Any, Any]) -> Response[str]:
        return _html("errors.html", kinds=error_kinds())

    @page("/docs/scalar.js")
    async def script(request: Request[Any, Any, Any]) -> Response[bytes]:
        return Response(_script(), media_type="text/javascript", headers=CACHE)

    return [openapi_json, docs_page, errors_page, script]


@cache
def _script() -> bytes:
    return (STATIC / "scalar.js").read_bytes()


def _html(name: str, **values: Any) -> Response[str]:
    page = PAGES.get_template(name).render(**values)
    return Response(page, media_type="text/html", headers={"content-security-policy": POLICY})

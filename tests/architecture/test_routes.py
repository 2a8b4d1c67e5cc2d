"""Default deny: what answers is declared, and what is declared has a scope."""

from pathlib import Path

import pytest
from litestar.routes import HTTPRoute

from gateway.api.catalogue import endpoints
from schemas import RESOURCES
from tests.stage import staged

pytestmark = pytest.mark.anyio

PAGES = {
    "/assets/connect.css",
    "/docs",
    "/docs/errors",
    "/docs/scalar.js",
    "/openapi.json",
}
"""For people, without a key; the pages of connecting come from their own module."""
HOOKS = {"/hooks/{target}/{connection}"}
"""For accounting systems, which sign instead."""
OPEN = {"/health/live", "/health/ready"}


async def test_every_route_is_declared_or_a_page(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        routes = {route.path_format for route in stage.app.routes if isinstance(route, HTTPRoute)}

    declared = {endpoint.path for endpoint in endpoints(RESOURCES)}
    connecting = {route for route in routes if route.startswith(("/connect/", "/auth/callback/"))}
    assert declared <= routes
    assert routes - declared - connecting == PAGES | HOOKS


def test_every_endpoint_but_health_has_a_scope() -> None:
    assert {endpoint.path for endpoint in endpoints(RESOURCES) if endpoint.scope is None} == OPEN


def test_every_write_that_reaches_the_vendor_needs_its_safeguard() -> None:
    for endpoint in endpoints(RESOURCES):
        if endpoint.account_key and endpoint.method == "POST":
            assert endpoint.idempotent, endpoint.path
        if endpoint.account_key and endpoint.method in ("PATCH", "DELETE"):
            assert endpoint.precondition, endpoint.path

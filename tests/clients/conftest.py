"""A twin as a process of its own on loopback, and what the clients tell of their work there."""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.app import build_app
from gateway.launch import demo
from gateway.launch import twin as launched
from gateway.wiring import build_rooms
from tests.clients.installed import told_by
from tests.stage import PUBLIC_URL, settings_in


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`twin.json` of a running twin without the rate limit: these clients do not pace themselves."""
    data_dir = tmp_path_factory.mktemp("twin")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("KONTOR_TWIN_RATE_LIMIT", "off")
        child = launched.start(data_dir)
    try:
        launched.describe(child, data_dir)
        yield data_dir / "twin" / "twin.json"
    finally:
        child.stop(5)


@pytest.fixture(scope="module")
def twin(place: Path) -> dict[str, Any]:
    return json.loads(place.read_text())


@pytest.fixture(scope="module")
def control(twin: dict[str, Any]) -> Iterator[httpx2.Client]:
    """The twin's own books, asked past its API."""
    with httpx2.Client(base_url=twin["controlUrl"], trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def installations(tmp_path_factory: pytest.TempPathFactory, run: str) -> Path:
    """Where the clients of this run are installed, for all its workers."""
    directory = tmp_path_factory.getbasetemp().parent / f"clients-{run}"
    directory.mkdir(exist_ok=True)
    return directory


@pytest.fixture(
    scope="module",
    params=["python/story.py", pytest.param("node/story.js", marks=pytest.mark.needs("node"))],
)
def told(request: pytest.FixtureRequest, place: Path, installations: Path) -> Any:
    """What a client says of the contact and the invoice it created."""
    return told_by(request.param, installations, place)


@pytest.fixture
async def gateway(twin: dict[str, Any], tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of a gateway whose connection leads to the same books, over a socket."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    settings = settings_in(tmp_path, twin_url=twin["url"])
    keys = await demo.prepare(settings, twin)
    app = build_app(build_rooms(settings))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    headers = {"X-API-KEY": keys["apiKey"], "X-ACCOUNT-KEY": keys["accountKey"]}
    async with (
        app.lifespan(),
        httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers) as client,
    ):
        yield client

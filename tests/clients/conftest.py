"""A twin as a process of its own on loopback, and the clients' stories, told once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.launch import twin as launched
from tests.clients.installed import told_by


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


@pytest.fixture(scope="module", params=["python", pytest.param("node", marks=pytest.mark.needs("node"))])
def told(request: pytest.FixtureRequest, place: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a client says of the contact and the invoice it created."""
    return told_by(request.param, tmp_path_factory.mktemp(request.param), place)

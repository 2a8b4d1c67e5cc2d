"""Clients that others' generators make of our OpenAPI document do their work at the built gateway.

The generators and the linter are strangers to us, as those are that an integrator will use.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import machine
from tests.clients.installed import (
    DOCUMENT,
    GENERATE_PYTHON,
    GENERATE_TYPESCRIPT,
    HERE,
    installed,
    told_by,
    within,
)
from tests.launch.test_first_hour import Kontor

pytestmark = pytest.mark.timeout(600)  # the first test of each client installs and generates it

TOTALS = {
    "openapi_python/story.py": ("190.00", "36.10", "226.10"),
    "openapi_typescript/built/story.js": ("240.00", "45.60", "285.60"),
}
"""Net, tax, gross: 2 × 95.00 and 3 × 80.00, both at 19 %."""
MARKS = {"openapi_typescript/built/story.js": [pytest.mark.needs("node")]}
Told = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`demo.json` of a running `kontor up`."""
    data_dir = tmp_path_factory.mktemp("generated") / "data"
    run = Kontor(data_dir)
    yield data_dir / "demo.json"
    run.stop()
    run.close()


@pytest.fixture(scope="module", params=[pytest.param(name, marks=MARKS.get(name, [])) for name in TOTALS])
def told(request: pytest.FixtureRequest, demo: Path, installations: Path) -> Told:
    """A script's name, and what it understood of our answers."""
    return request.param, told_by(request.param, installations, demo)


def test_a_generated_client_creates_an_invoice(told: Told) -> None:
    script, invoice = told[0], told[1]["created"]

    assert invoice["status"] == "open"
    assert invoice["number"].startswith("RE")
    assert tuple(invoice["totals"][part] for part in ("net", "tax", "gross")) == TOTALS[script]


def test_a_generated_client_reads_the_invoice_it_created(told: Told) -> None:
    assert told[1]["read"]["id"] == told[1]["created"]["id"]
    assert told[1]["read"]["lines"] == told[1]["created"]["lines"]


def test_a_generated_client_lists_the_invoice_it_created(told: Told) -> None:
    assert told[1]["listed"] == [told[1]["created"]["id"]]


def test_a_generated_client_is_told_which_value_does_not_fit(told: Told) -> None:
    assert told[1]["problem"] == {"code": "invalid", "retry": "after_fix", "fields": ["lines[0].quantity"]}


def test_a_generated_client_downloads_the_document(told: Told) -> None:
    assert told[1]["file"] == "%PDF-"


def test_the_guide_tells_the_commands_that_are_tried() -> None:
    guide = (machine.ROOT / "docs" / "guide" / "clients.md").read_text().replace("\\\n    ", "")
    pins = (HERE / "openapi_python" / "requirements.txt").read_text()
    packages = json.loads((HERE / "openapi_typescript" / "package.json").read_text())
    written = {**packages["dependencies"], **packages["devDependencies"]}
    overrides = (
        (HERE / "openapi_python" / "generator.yaml").read_text().split("\n", 1)[1].split("post_hooks")[0]
    )

    assert f"```yaml\n{overrides}```" in guide
    for command in (GENERATE_PYTHON[3:], GENERATE_TYPESCRIPT):
        told = " ".join(command).replace(DOCUMENT, "openapi/kontor.json")
        assert told.replace("openapi_python_client", "openapi-python-client") in guide
    for name in ("openapi-typescript", "openapi-fetch"):
        assert f"{name} {written[name]}" in guide.replace("](https://openapi-ts.dev)", "")
    version = re.search(r"^openapi-python-client==(.+)$", pins, re.MULTILINE)
    assert version is not None
    assert f"openapi-python-client) {version[1]}" in guide


@pytest.mark.needs("node")
def test_a_linter_has_nothing_against_the_document(installations: Path) -> None:
    directory = installed("openapi_typescript", installations)

    done = within(directory, ["npx", "redocly", "lint", DOCUMENT, "--format", "stylish"])

    assert done.returncode == 0, done.stdout + done.stderr
    assert "valid" in done.stdout + done.stderr


@pytest.mark.needs("node")
def test_the_linter_has_something_against_an_operation_without_an_answer(
    installations: Path, tmp_path: Path
) -> None:
    directory = installed("openapi_typescript", installations)
    broken = (machine.ROOT / "openapi" / "kontor.json").read_text().replace('"operationId"', '"operation"')
    (tmp_path / "broken.json").write_text(broken)

    done = within(directory, ["npx", "redocly", "lint", str(tmp_path / "broken.json")])

    assert done.returncode == 1

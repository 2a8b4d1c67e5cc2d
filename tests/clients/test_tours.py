"""Tours of clients of others: all they can do, called once, with what is known to fail and why.

docs/twin.md tells the findings; what a client itself gets wrong fails here as it would at the vendor.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests import machine
from tests.clients.installed import HERE, told_by

pytestmark = pytest.mark.timeout(600)  # the first test of each client installs it

TOURS: dict[str, dict[str, str]] = {
    "python/tour.py": {
        "list_payment_conditions": "Input should be a valid list",
        "list_recurring_templates": "version\n  Field required",
        "update_invoice": "404",
        "list_payments": "404",
    },
    "node/tour.js": {"renderOrderConfirmationDocumentFileId": "in state draft"},
    "mcp/lxw.py": {},
    "mcp/benethos.py": {},
}
"""By script, the calls that fail, each with a part of what the client says then."""
LEFT_OUT = {"mcp/lxw.py": ["request_feature", "service_status"]}
"""Calls that lead elsewhere: to the client's author, to the vendor's status page."""
PAGE = (machine.ROOT / "docs" / "twin.md").read_text()
PINNED = {
    "python/tour.py": "lexoffice-client",
    "node/tour.js": "@elbstack/lexoffice-client-js",
    "mcp/lxw.py": "lxw-cli",
    "mcp/benethos.py": "benethos-lexware-office-mcp",
}
MARKS = {"node/tour.js": [pytest.mark.needs("node")]}


def pinned_version(script: str) -> str:
    """The version that is installed, from the folder's pins."""
    folder, name = HERE / script.split("/")[0], PINNED[script]
    if script.startswith("node"):
        return json.loads((folder / "package.json").read_text())["dependencies"][name]
    pins = (folder / "requirements.txt").read_text().splitlines()
    return next(pin.split("==")[1] for pin in pins if pin.startswith(f"{name}=="))


@pytest.fixture(scope="module", params=[pytest.param(name, marks=MARKS.get(name, [])) for name in TOURS])
def tour(request: pytest.FixtureRequest, place: Path, installations: Path) -> tuple[str, dict[str, Any]]:
    """A script's name and what it told."""
    return request.param, told_by(request.param, installations, place)


def test_a_tour_calls_all_that_a_client_can_do(tour: tuple[str, dict[str, Any]]) -> None:
    script, told = tour

    assert told["leftOut"] == LEFT_OUT.get(script, [])


def test_every_call_succeeds_but_those_the_client_gets_wrong(tour: tuple[str, dict[str, Any]]) -> None:
    script, told = tour
    failed = {call: outcome for call, outcome in told["outcomes"].items() if outcome != "ok"}

    assert failed.keys() == TOURS[script].keys(), failed
    for call, said in TOURS[script].items():
        assert said in failed[call]


def test_the_page_tells_the_version_the_calls_and_the_failures(tour: tuple[str, dict[str, Any]]) -> None:
    script, told = tour
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{PINNED[script]}` "))
    calls = {call.split(" ")[0] for call in told["outcomes"]}

    assert re.search(rf"\b{len(calls)}\b", row.split(" | ")[2])
    assert all(f"`{call}`" in row for call in TOURS[script])
    assert f"`{PINNED[script]}` {pinned_version(script)} " in row


def test_a_clients_own_tests_against_the_live_api_pass_but_for_its_own_mistakes(
    place: Path, installations: Path
) -> None:
    told = told_by("python/tour.py", installations, place)["ownTests"]
    broken = {name.rsplit(".", 1)[-1]: why for name, why in told["broken"]}

    assert (told["run"], told["skipped"]) == (20, 0)
    assert broken.keys() == {
        "test_contact_lifecycle",  # creates without the version that the documentation demands
        "test_list_payment_conditions",  # as above
        "test_list_recurring_templates",  # as above
    }, broken

"""The guides: every command in them is run as it stands, against `kontor up`, beginning with connecting."""

import json
import sys
from pathlib import Path

import pytest

from tests.forms import PDF
from tests.launch.test_first_hour import Kontor
from tests.machine import ROOT
from tests.recipes import Answered, Recipe, differences, recipes, run

pytestmark = [pytest.mark.timeout(240), pytest.mark.needs("curl")]

GUIDES = ROOT / "docs" / "guide"
RUN = (
    "connecting",
    "errors",
    "reading",
    "writing",
    "recording",
    "files",
    "passthrough",
    "batches",
    "events",
    "webhooks",
    "audit",
)
"""In this order, in one shell."""
ELSEWHERE = {
    "testing-against-the-twin": "tests/twin/test_guide.py",
    "from-quote-to-invoice": "tests/integration/doors/test_conversions.py",
    "clients": "tests/clients/test_generated.py",
    "running": "tests/launch/test_recovery.py",
}
"""Guides whose commands other tests run."""
FILES = ("beleg.pdf", "agb.pdf", "er-2026-0417.pdf")
"""What the reader has."""


def made_before(recipe: Recipe, organization: str) -> str:
    """What the reader does between two commands."""
    if "connections/exchange" in recipe.script:
        consent = f'{sys.executable} -m tests.e2e.consenting "$(echo "$session" | member data.url)"'
        return f"code=$(cd {ROOT} && {consent} {organization})\n"
    if "$invoice/send" in recipe.script:
        return 'invoice=$(books "$url/v1/accounting/invoices?status=open&limit=1" | member data.0.id)\n'
    return ""


def ends_in_a_problem(recipe: Recipe) -> bool:
    kind, text = recipe.expected or ("", "")
    return kind == "json" and json.loads(text).get("status", 200) >= 400


@pytest.fixture(scope="module")
def answered(kontor: Kontor, tmp_path_factory: pytest.TempPathFactory) -> Answered:
    directory = tmp_path_factory.mktemp("guides")
    (directory / "kontor").symlink_to(ROOT / "kontor")
    (directory / ".curlrc").write_text("fail-with-body\n")
    for number, name in enumerate(FILES):
        (directory / name).write_bytes(PDF.replace(b"\n", b"\n%% %d\n" % number, 1))
    twin = json.loads((kontor.data_dir / "twin" / "twin.json").read_text())

    def around(recipe: Recipe) -> str:
        script = made_before(recipe, twin["organizations"][0]["id"]) + recipe.script
        if ends_in_a_problem(recipe):
            return f"unset CURL_HOME\n{script}\nexport CURL_HOME={directory}"
        return script

    environment = {
        "CURL_HOME": str(directory),
        "KONTOR_DATA_DIR": str(kontor.data_dir),
        "demo": str(kontor.data_dir / "demo.json"),
        "client_id": twin["oauth"]["clientId"],
        "client_secret": twin["oauth"]["clientSecret"],
    }
    cooked = [recipe for name in RUN for recipe in recipes(GUIDES / f"{name}.md", directory)]
    return run(cooked, directory, environment, around)


def test_every_command_of_the_guides_works(answered: Answered) -> None:
    assert len(answered) > 20


def test_every_command_answers_what_the_guide_says(answered: Answered) -> None:
    assert differences(answered) == []


def test_no_guide_with_commands_is_left_out(tmp_path: Path) -> None:
    told = {guide.stem for guide in GUIDES.glob("*.md") if recipes(guide, tmp_path)}

    assert told <= {*RUN, *ELSEWHERE}
    assert all((ROOT / path).exists() for path in ELSEWHERE.values())

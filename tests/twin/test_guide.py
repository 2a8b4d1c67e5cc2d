"""The guide "Test your integration against the twin": its recipes are run as they stand, one after the other.

What stands below a recipe as json is part of the last line that it answers; as text it is all of it.
"""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.machine import ROOT

pytestmark = [pytest.mark.timeout(180), pytest.mark.needs("curl")]

GUIDE = ROOT / "docs" / "guide" / "testing-against-the-twin.md"
BLOCK = re.compile(r"```(?P<kind>\w+)(?: file=(?P<file>\S+))?\n(?P<text>.*?)```", re.DOTALL)
MARK = "@@recipe"
SUITE = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"]


class Recipe(msgspec.Struct):
    """A shell block, or a file and the command that runs it; with what the guide says it answers."""

    script: str
    expected: tuple[str, str] | None = None


def recipes(directory: Path) -> list[Recipe]:
    """The guide's recipes in order; their files are written into `directory`."""
    found: list[Recipe] = []
    for block in BLOCK.finditer(GUIDE.read_text()):
        kind, file, text = block["kind"], block["file"], block["text"]
        if file is not None:
            (directory / file).write_text(text)
            if file.startswith("test_"):
                found.append(Recipe(" ".join([*SUITE, file])))
            elif file != "conftest.py":
                found.append(Recipe(f"{sys.executable} {file}"))
        elif kind == "sh":
            found.append(Recipe(text))
        else:
            found[-1].expected = (kind, text)
    return found


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Recipe, str]]:
    """Every recipe with what it printed, run in one shell that ends at the first that fails."""
    directory = tmp_path_factory.mktemp("guide")
    (directory / "kontor").symlink_to(ROOT / "kontor")
    cooked = recipes(directory)
    lines = ["set -eu", "trap 'kill $(jobs -p)' EXIT"]
    for recipe in cooked:
        lines += [f"echo; echo {MARK}", recipe.script]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=directory,
        env={**os.environ, "KONTOR_TWIN_PORT": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    printed = done.stdout.split(f"{MARK}\n")[1:]
    assert done.returncode == 0, f"{cooked[len(printed) - 1].script}\n{printed[-1]}\n{done.stderr}"
    return list(zip(cooked, printed, strict=True))


def test_every_recipe_runs(answered: list[tuple[Recipe, str]]) -> None:
    assert len(answered) > 15


def test_every_recipe_answers_what_the_guide_says(answered: list[tuple[Recipe, str]]) -> None:
    for recipe, printed in answered:
        if recipe.expected is None:
            continue
        kind, text = recipe.expected
        if kind == "text":
            assert printed.strip() == text.strip(), recipe.script
        else:
            answer = json.loads(printed.strip().splitlines()[-1], parse_float=Decimal)
            assert lacking(json.loads(text, parse_float=Decimal), answer) == [], recipe.script


def lacking(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Where `found` differs from `wanted`, of which it may hold more."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            line for name, part in wanted.items() for line in lacking(part, found.get(name), f"{path}.{name}")
        ]
    return [] if wanted == found else [f"{path}: {found!r} instead of {wanted!r}"]

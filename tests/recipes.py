"""Guides as they stand: their blocks run one after the other in one shell, compared with what they say.

What stands below a shell block as json is part of the last line that it answers; as text it is all of it.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

BLOCK = re.compile(r"```(?P<kind>\w+)(?: file=(?P<file>\S+))?\n(?P<text>.*?)```", re.DOTALL)
MARK = "@@recipe"
SUITE = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"]
Answered = list[tuple["Recipe", str]]


class Recipe(msgspec.Struct):
    """A shell block, or a file and the command that runs it; with what the guide says it answers."""

    script: str
    expected: tuple[str, str] | None = None


def recipes(guide: Path, directory: Path) -> list[Recipe]:
    """The guide's recipes in order; their files are written into `directory`."""
    found: list[Recipe] = []
    for block in BLOCK.finditer(guide.read_text()):
        kind, file, text = block["kind"], block["file"], block["text"]
        if file is not None:
            (directory / file).write_text(text)
            if file.startswith("test_"):
                found.append(Recipe(" ".join([*SUITE, file])))
            elif file != "conftest.py":
                found.append(Recipe(f"{sys.executable} {file}"))
        elif kind == "sh":
            found.append(Recipe(text))
        elif found:
            found[-1].expected = found[-1].expected or (kind, text)
    return found


def run(
    cooked: list[Recipe],
    directory: Path,
    environment: Mapping[str, str],
    around: Callable[[Recipe], str] = lambda recipe: recipe.script,
) -> Answered:
    """Every recipe with what it printed, run in one shell that ends at the first that fails.

    `around` makes of a recipe what is run of it.
    """
    lines = ["set -eu", "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"]
    for recipe in cooked:
        lines += [f"echo; echo {MARK}", around(recipe)]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=directory,
        env={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    printed = done.stdout.split(f"{MARK}\n")[1:]
    assert done.returncode == 0, f"{cooked[len(printed) - 1].script}\n{printed[-1]}\n{done.stderr}"
    return list(zip(cooked, printed, strict=True))


def differences(answered: Answered) -> list[str]:
    """Where answers are not what the guide says."""
    found: list[str] = []
    for recipe, printed in answered:
        kind, text = recipe.expected or ("", "")
        if kind == "text" and printed.strip() != text.strip():
            found.append(f"{recipe.script}: {printed}")
        if kind == "json":
            answer = json.loads(printed.strip().splitlines()[-1], parse_float=Decimal)
            wanted = json.loads(text, parse_float=Decimal)
            found += [f"{recipe.script}{line}" for line in lacking(wanted, answer)]
    return found


def lacking(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Where `found` differs from `wanted`, of which it may hold more."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            line for name, part in wanted.items() for line in lacking(part, found.get(name), f"{path}.{name}")
        ]
    return [] if wanted == found else [f"{path}: {found!r} instead of {wanted!r}"]

"""Strings that have broken software before, from the reference material, each as one line of text."""

import json
from pathlib import Path
from typing import Any


def naughty(shared: Path) -> list[str]:
    """Emoji, scripts, markup, format strings, numbers that look like dates."""
    return json.loads((shared / "data/strings/naughty-strings.json").read_text("utf-8"))


def attacks(shared: Path) -> list[str]:
    """Addresses and markup that attackers send."""
    folder = shared / "data/attacks"
    lines = [line for file in sorted(folder.glob("*.txt")) for line in file.read_text("utf-8").splitlines()]
    pages = [file.read_text("utf-8") for file in sorted(folder.glob("*.xml"))]
    return [line for line in lines if line] + pages + [entry["input"] for entry in addresses(shared)]


def addresses(shared: Path) -> list[dict[str, Any]]:
    """What a browser makes of an address: `input`, `base`, and its parts or `failure`."""
    return json.loads((shared / "data/attacks/url-parsing.json").read_text("utf-8"))


def everything(shared: Path) -> list[str]:
    """All of them, each once."""
    found = [*dict.fromkeys([*naughty(shared), *attacks(shared)])]
    assert len(found) >= 1_000
    return found

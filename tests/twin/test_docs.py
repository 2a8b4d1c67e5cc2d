"""docs/twin.md holds what the twin serves and leaves open; its tables are held against the code."""

import re
from typing import Any

from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.routes import ROUTES
from tests.machine import ROOT

PAGE = (ROOT / "docs" / "twin.md").read_text()
README = (ROOT / "sandbox" / "lexoffice" / "README.md").read_text()
QUIRK = re.compile(r"`([a-z][a-z0-9_]+)`")
REMARK = re.compile(r" \(.*\)$")
CALL = re.compile(r"`((?:GET|POST|PUT|DELETE)[^`]*)`")


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    lines = text.split(f"{heading}\n", 1)[1].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows[2:]


RESOURCES = table(PAGE, "### Resources")
SHARED = table(PAGE, "### What they share")
SWITCHES = table(README, "## Quirks")


def test_the_page_shows_every_call_the_twin_serves_and_no_other() -> None:
    shown = {
        call.replace("{id}", "{}").replace(" /", f" /v1/{resource.strip('`')}/", 1)
        if " " in call
        else f"{call} /v1/{resource.strip('`')}"
        for resource, calls, *_ in RESOURCES
        for call in CALL.findall(calls)
    }

    assert shown == {f"{route.method} {route.path}" for route in ROUTES}


def test_every_quirk_stands_in_one_row_of_the_page() -> None:
    named = [quirk for row in (*RESOURCES, *SHARED) for quirk in QUIRK.findall(row[-1])]

    assert sorted(named) == sorted(Quirks.__struct_fields__)


def test_every_default_of_a_quirk_is_the_one_in_the_code() -> None:
    for names, defaults, _ in SWITCHES:
        quirks = QUIRK.findall(names)
        told = [REMARK.sub("", default).strip("` ") for default in defaults.split(",")]
        for quirk, default in zip(quirks, told * len(quirks) if len(told) == 1 else told, strict=True):
            assert default == printed(getattr(Quirks(), quirk)), quirk


def printed(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return {None: "none", "": "empty"}.get(value, str(value))

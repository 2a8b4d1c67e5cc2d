"""The twin's README names every quirk, command, setting and kind of fault."""

import re
from pathlib import Path
from typing import get_args

import pytest

from sandbox.lexoffice import process
from sandbox.lexoffice.companies import COMPANIES
from sandbox.lexoffice.control.commands import ROUTES
from sandbox.lexoffice.faults import Kind
from sandbox.lexoffice.quirks import Quirks

README = (Path(process.__file__).parent / "README.md").read_text()


@pytest.mark.parametrize("quirk", Quirks.__struct_fields__)
def test_every_quirk_is_described(quirk: str) -> None:
    assert f"`{quirk}`" in README


@pytest.mark.parametrize(
    "setting", sorted(set(re.findall(r"KONTOR_[A-Z_]+", Path(process.__file__).read_text())))
)
def test_every_setting_is_described(setting: str) -> None:
    assert setting.rstrip("_") in README


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_fault_is_described(kind: str) -> None:
    assert f"`{kind}`" in README


@pytest.mark.parametrize("company", COMPANIES)
def test_every_company_is_described(company: str) -> None:
    assert f"`{company}`" in README


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_command_is_described(route: object) -> None:
    last = [part for part in getattr(route, "path", "").split("/") if part and part != "{}"][-1]

    assert last in README

"""`kontor bench` starts nothing where it could not measure."""

from pathlib import Path

import pytest

from gateway.launch import LaunchError, bench
from tests.machine import ROOT


def test_an_installed_package_has_no_benchmark(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="part of a checkout"):
        bench.python_arguments(tmp_path)


def test_the_extra_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "NEEDED", ("no_such_package",))

    with pytest.raises(LaunchError, match="no_such_package missing"):
        bench.python_arguments(ROOT)


def test_in_a_checkout_with_the_extra_the_module_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "NEEDED", ("msgspec",))

    assert bench.python_arguments(ROOT) == ("-m", "tests.benchmarks")

"""What is kept of a run."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import report
from tests.benchmarks.figures import Figures
from tests.benchmarks.run import Outcome, Plan


def measured(rate: float) -> Figures:
    return Figures(requests_per_second=rate, cpu_us=1e6 / rate, p50_us=200.0, p99_us=900.0)


@pytest.fixture
def outcome() -> Outcome:
    return Outcome(
        plan=Plan(rounds=2, many_s=1.0, one_s=1.0, slow_s=1.0, warm_s=0.1),
        titles={"kontor": "Kontor", "bare": "bare ASGI"},
        rounds={
            ("kontor", "many"): [measured(600), measured(700)],
            ("bare", "many"): [measured(1000), measured(1000)],
        },
        lacking=("nginx",),
        core_of_subject=0,
        core_of_the_rest=1,
    )


@pytest.fixture
def kept(outcome: Outcome, tmp_path: Path) -> Any:
    return json.loads(report.keep(outcome, tmp_path / "reports").read_text())


def test_a_kept_report_holds_every_round_beside_the_median(kept: Any) -> None:
    many = kept["subjects"]["kontor"]["loads"]["many"]

    assert many["connections"] == 32
    assert many["median"]["requestsPerSecond"] == 650
    assert [one["requestsPerSecond"] for one in many["rounds"]] == [600, 700]


def test_a_kept_report_says_which_goals_were_reached(kept: Any) -> None:
    assert [(one["name"], one["value"], one["goal"], one["reached"]) for one in kept["ratios"]] == [
        ("G1", pytest.approx(0.65), 0.6, True)
    ]


def test_a_kept_report_says_where_and_with_what_it_was_measured(kept: Any) -> None:
    assert kept["machine"]["placement"].startswith("the measured server alone on core 0")
    assert "granian" in kept["libraries"]
    assert kept["notMeasured"] == ["nginx"]


def test_a_server_that_had_half_a_core_under_full_load_is_warned_of() -> None:
    half = {("kontor", "many"): Figures(requests_per_second=1000, cpu_us=500, p50_us=1, p99_us=1)}
    whole = {("kontor", "many"): Figures(requests_per_second=2000, cpu_us=490, p50_us=1, p99_us=1)}

    assert "only 50% of its core" in (report.crowded(half) or "")
    assert report.crowded(whole) is None


def test_the_terminal_shows_goals_and_what_could_not_be_measured(
    outcome: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    report.show(outcome)

    shown = capsys.readouterr().out
    assert "G1" in shown
    assert "0.65" in shown
    assert "nginx is not installed" in shown

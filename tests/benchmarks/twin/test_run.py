"""What a run over the twin compares, and what is kept of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.benchmarks.__main__ import main
from tests.benchmarks.figures import Figures
from tests.benchmarks.run import Plan
from tests.benchmarks.twin import report
from tests.benchmarks.twin.memory import Memory
from tests.benchmarks.twin.run import Outcome, ratios
from tests.benchmarks.twin.same_bytes import SameBytes


def measured(rate: float) -> Figures:
    return Figures(requests_per_second=rate, cpu_us=1e6 / rate, p50_us=200.0, p99_us=900.0)


def full(peak_mb: float) -> Memory:
    return Memory(documents=25_000, started_mb=85, founded_mb=275, read_mb=318, peak_mb=peak_mb)


@pytest.fixture
def outcome() -> Outcome:
    return Outcome(
        plan=Plan(rounds=2, many_s=1.0, one_s=1.0, slow_s=1.0, warm_s=0.1),
        rounds={
            ("twin", "read"): [measured(2000), measured(3000)],
            ("bare", "read"): [measured(10_000), measured(10_000)],
            ("twin", "create"): [measured(300), measured(300)],
            ("bare", "create"): [measured(10_000), measured(10_000)],
        },
        memory=full(466),
        core_of_subject=0,
        core_of_the_rest=1,
    )


def test_each_load_of_the_twin_is_held_against_the_bare_app_of_the_same_load(outcome: Outcome) -> None:
    assert [(one.name, one.value, one.by_cpu, one.reached) for one in ratios(outcome.rounds)] == [
        ("T1", pytest.approx(0.25), pytest.approx(0.25), True),
        ("T2", pytest.approx(0.03), pytest.approx(0.03), False),
    ]


@pytest.mark.parametrize(("peak_mb", "reached"), [(499.9, True), (500, False)])
def test_memory_is_judged_by_the_most_it_ever_was(peak_mb: float, reached: bool) -> None:
    assert full(peak_mb).reached is reached


def test_a_kept_report_holds_ratios_rounds_and_memory(outcome: Outcome, tmp_path: Path) -> None:
    kept: Any = json.loads(report.keep(outcome, tmp_path).read_text())

    assert [one["goal"] for one in kept["ratios"]] == [0.15, 0.04]
    assert kept["loads"][0]["median"]["requestsPerSecond"] == 2500
    assert (kept["memory"]["peakMb"], kept["memory"]["goalMb"], kept["memory"]["reached"]) == (466, 500, True)
    assert kept["machine"]["placement"].startswith("the measured server alone on core 0")


def test_the_terminal_shows_goals_and_memory(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    report.show(outcome)

    shown = capsys.readouterr().out
    assert "missed" in shown
    assert "275 MB with 25,000 documents" in shown


def test_the_references_of_the_gateway_are_not_those_of_the_twin() -> None:
    refused = CliRunner().invoke(main, ["--twin", "--only", "bare"])

    assert refused.exit_code == 2
    assert "--only" in refused.output
    assert "others have one" in refused.output


@pytest.mark.anyio
async def test_the_bare_app_answers_its_bytes_once_the_request_is_whole() -> None:
    parts = [{"body": b"{", "more_body": True}, {"body": b"}", "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    async def send(message: dict[str, Any]) -> None:
        assert not parts
        sent.append(message)

    await SameBytes(201, b"{}")({"type": "http"}, receive, send)

    assert (sent[0]["status"], sent[1]["body"]) == (201, b"{}")

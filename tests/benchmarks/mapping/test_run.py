"""What the benchmark of the mapping measures, and what it says of it."""

import json
from pathlib import Path

import msgspec
import pytest

from connectors.lexoffice.resources.invoices import DECODER, to_native, to_unified
from schemas.invoices import InvoiceInput
from tests.benchmarks.mapping import documents, report
from tests.benchmarks.mapping.run import Costs, Outcome, Plan, run
from tests.mapping.builders import identity, view


def outcome(*wholes: float) -> Outcome:
    """Rounds whose bare cost is 10 µs."""
    rounds = [Costs(10, 20, 10, 10 * whole - 30, 30) for whole in wholes]
    return Outcome(Plan(rounds=len(rounds), times=1), rounds)


def test_the_vendors_document_has_twenty_lines_with_all_that_is_computed() -> None:
    lines = to_unified(DECODER.decode(documents.vendors()), view()).lines

    assert len(lines) == 20
    assert len({line.amount for line in lines}) == 20
    assert all(line.amount_before_discount == line.amount and line.unit_code == "H87" for line in lines)


def test_the_callers_document_has_the_same_twenty_lines() -> None:
    written = to_native(msgspec.json.decode(documents.callers(), type=InvoiceInput), identity())
    sent = DECODER.decode(documents.vendors())

    assert [(line.id, line.quantity, line.name) for line in written.line_items] == [
        (line.id, line.quantity, line.name) for line in sent.line_items
    ]


def test_a_run_costs_more_than_nothing_in_every_part() -> None:
    costs = run(Plan(rounds=1, times=30)).middle

    assert all(cost > 0 for cost in msgspec.structs.astuple(costs))


@pytest.mark.parametrize(("wholes", "reached"), [((11.0, 13.0, 12.0), True), ((11.0, 12.5, 12.1), False)])
def test_the_goal_is_judged_by_the_median_of_the_ratios(wholes: tuple[float, ...], reached: bool) -> None:
    assert outcome(*wholes).reached is reached


def test_what_is_kept_tells_ratio_goal_and_rounds(tmp_path: Path) -> None:
    kept = json.loads(report.keep(outcome(7.0, 8.0, 9.0), tmp_path).read_text())

    assert kept["ratios"] == {"mapping": 3.0, "whole": 8.0, "goal": 12.0, "reached": True}
    assert [one["bare"] for one in kept["rounds"]] == [10, 10, 10]
    assert kept["machine"]


def test_what_is_shown_names_goal_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    report.show(outcome(13.0))

    assert "with decoding and encoding / bare: 13.00; goal ≤ 12 missed" in capsys.readouterr().out

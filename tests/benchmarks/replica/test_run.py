"""The replica's benchmark compares what is the same, and reads its goals the right way about."""

from pathlib import Path

import msgspec
import pytest

from gateway.settings import Settings, with_defaults
from tests.benchmarks.figures import Figures
from tests.benchmarks.replica.inner import Pages
from tests.benchmarks.replica.run import Outcome, ratios
from tests.benchmarks.replica.select_only import create
from tests.benchmarks.replica.shelf import DOCUMENTS, PAGE, SHELF, fill
from tests.benchmarks.run import Plan

PLAN = Plan(rounds=1, many_s=1, one_s=1, slow_s=1, warm_s=0)


def figures(requests: float) -> Figures:
    return Figures(requests_per_second=requests, cpu_us=None, p50_us=1, p99_us=1)


def test_a_page_that_costs_twice_the_drivers_misses_its_goal_and_an_equal_one_reaches_it() -> None:
    def reached(ours: float) -> bool | None:
        pages = {"postgresql": Pages(ours_cpu_us=[ours], driver_cpu_us=[100.0])}
        (goal,) = ratios(Outcome(PLAN, {}, pages, None, None))
        return goal.reached

    assert (reached(200.0), reached(100.0)) == (False, True)


def test_every_goal_is_there_when_everything_was_measured() -> None:
    names = ("kontor", "sealed", "door", "select", "memory")
    loads = [f"{database} {load}" for database in ("sqlite", "postgresql") for load in ("page", "one")]
    rounds = {(name, load): [figures(100)] for name in names for load in loads}
    pages = {"sqlite": Pages(ours_cpu_us=[], driver_cpu_us=[], few_p50_us=1, many_p50_us=1)}

    goals = ratios(Outcome(PLAN, rounds, pages, None, None))

    assert [goal.name for goal in goals if goal.goal] == [*["R page", "R one"] * 2, "G10", "G11"]


@pytest.mark.anyio
async def test_the_reference_answers_the_documents_that_kontor_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from litestar.testing import AsyncTestClient

    settings = with_defaults(Settings(data_dir=str(tmp_path), replica_sealed=""), {})
    shelf = await fill(settings)
    monkeypatch.setenv(SHELF, msgspec.json.encode(shelf).decode())

    async with AsyncTestClient(create()) as client:
        page = await client.get("/page")
        memory = await client.get("/memory")
        one = await client.get(f"/one/{shelf.ids[-1]}")

    assert len(shelf.ids) == DOCUMENTS
    assert [row["id"] for row in page.json()] == shelf.ids[::-1][:PAGE]
    assert memory.content == page.content
    assert one.json() == page.json()[0]

"""One run: every subject under every load, round by round, so that noise meets all alike."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from tests.benchmarks import subjects
from tests.benchmarks.figures import Figures, figures
from tests.benchmarks.load import get, load
from tests.benchmarks.processes import cores, cpu_seconds, family, on
from tests.benchmarks.subjects import HOST, Place, Subject

PATIENCE_S = 8.0
SLOW_MS = 20
CONNECTIONS = {"many": 32, "one": 1, "slow": 32, "same": 32}
"""By load. `slow`: the vendor takes 20 ms; `same`: so it does, and every line asks for the same invoice."""
SLOW_ONES = ("direct", "bare", "lines", "kontor")
"""Those worth waiting for with a slow upstream."""


class Plan(msgspec.Struct, frozen=True):
    """How often and for how many seconds each load runs; a warm-up goes before each."""

    rounds: int
    many_s: float
    one_s: float
    slow_s: float
    warm_s: float

    def seconds(self, load: str) -> float:
        return {"many": self.many_s, "one": self.one_s}.get(load, self.slow_s)


class Outcome(msgspec.Struct, frozen=True):
    """Titles by subject, figures by subject and load, and on which cores it ran."""

    plan: Plan
    titles: dict[str, str]
    rounds: dict[tuple[str, str], list[Figures]]
    lacking: tuple[str, ...]
    core_of_subject: int | None
    core_of_the_rest: int | None


Progress = Callable[[str], None]


async def run(
    plan: Plan, directory: Path, chosen: Sequence[str], lacking: tuple[str, ...], progress: Progress
) -> Outcome:
    """Start what is chosen and not lacking, measure, stop everything.

    With two cores or more the subject has one to itself; load generator and upstream share another.

    Raises:
        LaunchError: a subject did not start.
        LoadError: it did not answer as it should.
    """
    known = cores()
    theirs, ours = (known[0], known[-1]) if len(known) > 1 else (None, None)
    with ExitStack() as stack, on(ours):
        upstream, port = subjects.vendor(Place(directory, ""), "upstream")
        stack.callback(upstream.stop, PATIENCE_S)
        subjects.until_listening(upstream, port)
        place = Place(directory, f"http://{HOST}:{port}")
        with on(theirs):
            started = await _start(place, [name for name in chosen if name not in lacking], stack)
        bench = Bench(plan, started, [port, *(one.port for one in started if one.name == "direct")])
        outcome = Outcome(plan, {one.name: one.title for one in started}, {}, lacking, theirs, ours)
        for number in range(plan.rounds):
            await bench.round(number, outcome.rounds, progress)
    return outcome


async def _start(place: Place, names: Sequence[str], stack: ExitStack) -> list[Subject]:
    started: list[Subject] = []
    for name in names:
        subject = await subjects.SUBJECTS[name](place)
        stack.callback(subject.child.stop, PATIENCE_S)
        started.append(subject)
    for subject in started:
        subjects.until_listening(subject.child, subject.port)
    return started


class Bench:
    """Measures the subjects; the pause of both upstreams is set before each load."""

    def __init__(self, plan: Plan, started: list[Subject], upstreams: list[int]) -> None:
        self._plan = plan
        self._subjects = started
        self._upstreams = upstreams

    async def round(
        self, number: int, rounds: dict[tuple[str, str], list[Figures]], progress: Progress
    ) -> None:
        """Every load once for every subject; every second round the other way about."""
        in_order = self._subjects if number % 2 == 0 else self._subjects[::-1]
        for name in CONNECTIONS:
            slow = name in ("slow", "same")
            await self._pause(SLOW_MS if slow else 0)
            for subject in in_order:
                if slow and subject.name not in SLOW_ONES:
                    continue
                measured = await self._measure(subject, name)
                rounds.setdefault((subject.name, name), []).append(measured)
                progress(
                    f"round {number + 1}/{self._plan.rounds} {name:>4} {subject.name:<9}"
                    f" {measured.requests_per_second:>8,.0f} requests/s"
                )

    async def _measure(self, subject: Subject, name: str) -> Figures:
        if name == "same":
            subject = msgspec.structs.replace(subject, requests=subject.requests[:1])
        return await measured(subject, CONNECTIONS[name], self._plan.seconds(name), self._plan.warm_s)

    async def _pause(self, milliseconds: int) -> None:
        for port in self._upstreams:
            await load(HOST, port, [get(f"/pause/{milliseconds}", HOST)], connections=1, seconds=0.0)


async def measured(subject: Subject, connections: int, seconds: float, warm_s: float) -> Figures:
    """One subject under one load, after a warm-up."""
    subject.child.check()
    await load(HOST, subject.port, subject.requests, connections=connections, seconds=warm_s)
    pids = family(subject.child.pid)
    before = cpu_seconds(pids)
    sample = await load(HOST, subject.port, subject.requests, connections=connections, seconds=seconds)
    after = cpu_seconds(pids)
    return figures(sample, None if before is None or after is None else after - before)

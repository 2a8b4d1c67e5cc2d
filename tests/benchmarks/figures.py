"""From samples to figures: medians over rounds; ratios are taken within a round, where noise was alike."""

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from tests.benchmarks.load import Sample


class Figures(msgspec.Struct, frozen=True, rename="camel"):
    """One subject under one load. Times in microseconds; `cpu_us`: of the subject alone, for one request."""

    requests_per_second: float
    cpu_us: float | None
    p50_us: float
    p99_us: float

    @property
    def core_share(self) -> float | None:
        """How much of one core it had. Well below 1 under full load: something else was running there."""
        return None if self.cpu_us is None else self.requests_per_second * self.cpu_us / 1e6


def figures(sample: Sample, cpu_s: float | None) -> Figures:
    """Raises ValueError when nothing was answered."""
    if not sample.requests:
        raise ValueError("no answer came in time")
    ordered = sorted(sample.latencies_s)
    return Figures(
        requests_per_second=sample.requests / sample.seconds,
        cpu_us=None if cpu_s is None else cpu_s / sample.requests * 1e6,
        p50_us=percentile(ordered, 50) * 1e6,
        p99_us=percentile(ordered, 99) * 1e6,
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` of all do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def middle(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure over the rounds."""
    cpu = [one.cpu_us for one in rounds if one.cpu_us is not None]
    return Figures(
        requests_per_second=median(one.requests_per_second for one in rounds),
        cpu_us=median(cpu) if cpu else None,
        p50_us=median(one.p50_us for one in rounds),
        p99_us=median(one.p99_us for one in rounds),
    )


class Ratio(msgspec.Struct, frozen=True, rename="camel"):
    """A goal. `value`: median over rounds; `by_cpu`: the same by CPU time, which noise hardly moves."""

    name: str
    meaning: str
    value: float
    goal: float | None
    by_cpu: float | None = None

    @property
    def reached(self) -> bool | None:
        """None: it is printed only."""
        return None if self.goal is None else self.value >= self.goal


Rounds = Mapping[tuple[str, str], Sequence[Figures]]
"""By subject and load, one entry a round."""


def ratios(rounds: Rounds) -> list[Ratio]:
    """The goals whose subjects were measured."""
    made = [
        speed(rounds, "G1", "bare", "many", "requests/s, Kontor / bare ASGI app with the same client", 0.60),
        speed(
            rounds, "G1 own", "lines", "many", "requests/s, Kontor / bare ASGI app on Kontor's lines", None
        ),
        _added(rounds),
        speed(rounds, "G6", "direct", "same", "requests/s with a 20 ms upstream, Kontor / direct", 0.97),
        speed(rounds, "G6 apart", "direct", "slow", "the same, each line with an invoice of its own", None),
        speed(
            rounds,
            "G6 limit",
            "direct",
            "slow",
            "the same, bare ASGI app on Kontor's lines / direct",
            None,
            "lines",
        ),
        speed(
            rounds, "G7", "fastapi", "many", "requests/s, Kontor / FastAPI + uvicorn + httpx + pydantic", 4.0
        ),
    ]
    return [ratio for ratio in made if ratio is not None]


def speed(
    rounds: Rounds,
    name: str,
    reference: str,
    load: str,
    meaning: str,
    goal: float | None,
    subject: str = "kontor",
) -> Ratio | None:
    """Throughput of the subject over the reference's; by CPU too unless both wait for a slow upstream."""
    pairs = _pairs(rounds, (subject, reference), load)
    if not pairs:
        return None
    cpu = [theirs.cpu_us / ours.cpu_us for ours, theirs in pairs if ours.cpu_us and theirs.cpu_us]
    return Ratio(
        name,
        meaning,
        median(ours.requests_per_second / theirs.requests_per_second for ours, theirs in pairs),
        goal,
        median(cpu) if cpu and load not in ("slow", "same") else None,
    )


def _added(rounds: Rounds) -> Ratio | None:
    """What each adds to the direct call. A round in which nginx added nothing says nothing."""
    added = [
        (kontor.p50_us - direct.p50_us) / (nginx.p50_us - direct.p50_us)
        for kontor, nginx, direct in _pairs(rounds, ("kontor", "nginx", "direct"), "one")
        if nginx.p50_us > direct.p50_us
    ]
    if not added:
        return None
    return Ratio("G4", "added p50 at 1 connection, Kontor / nginx", median(added), None)


def _pairs(rounds: Rounds, subjects: Sequence[str], load: str) -> list[tuple[Figures, ...]]:
    return list(zip(*(rounds.get((subject, load), ()) for subject in subjects), strict=False))


def medians(rounds: Rounds) -> dict[tuple[str, str], Figures]:
    return {which: middle(measured) for which, measured in rounds.items() if measured}

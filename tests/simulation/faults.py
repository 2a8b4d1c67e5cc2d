"""What may go wrong in a run: drawn from the seed, each with a name, so that it can be left out."""

from collections.abc import Container
from typing import Literal

from msgspec import Struct

from tests.simulation.chance import Chance

Kind = Literal[
    "refused", "unreachable", "lost_before", "lost_after", "drop_before", "drop_after",
    "reset_in_body", "truncate", "delay", "status", "status_after",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "refused", "unreachable", "lost_before", "lost_after", "drop_before", "drop_after",
    "reset_in_body", "truncate", "delay", "status", "status_after",
)  # fmt: skip
"""Of one call. `lost` is silence, `drop` a reset; `before` and `after` the vendor has booked it."""
HARMLESS = ("refused", "unreachable", "lost_before", "drop_before", "status")
"""Kinds with which nothing was done."""
BEFORE = (429, 429, 429, 500, 502, 503, 504)
Dependency = Literal["database", "redis"]
DEPENDENCIES: tuple[Dependency, ...] = ("database", "redis")
STREAKS = (1, 1, 3, 5)
"""How many calls in a row one accident lasts."""
AFTER = (500, 502, 503, 504, 504, 504)


class Fate(Struct, frozen=True):
    """What befalls one call."""

    name: str
    kind: Kind
    status: int = 500
    seconds: float = 0.0
    calls: int = 1
    """How many calls in a row it befalls."""


class Blow(Struct, frozen=True):
    """What befalls a virtual process at its n-th step: it dies, or is frozen for some seconds."""

    name: str
    process: int
    step: int
    frozen_s: float = 0.0


class Outage(Struct, frozen=True):
    """A dependency that is away for a while."""

    name: str
    of: Dependency
    at_s: float
    for_s: float


class Faults:
    """The faults of one seed. `only`: those that may still happen, by name; None: all."""

    def __init__(self, seed: int, processes: int, only: Container[str] | None = None) -> None:
        self._seed = seed
        self._only = only
        chance = Chance(seed, "faults")
        mix = chance.one_of(("none", "one", "one", "some", "some", "some", "processes"))
        self.kinds: tuple[Kind, ...] = {
            "none": (),
            "processes": (),
            "one": (chance.one_of(KINDS),),
            "some": chance.some_of(KINDS, 2, 6),
        }[mix]
        self.rate = chance.one_of((0.03, 0.08, 0.2)) if self.kinds else 0.0
        self.lag_s = (
            chance.one_of((0.0, 0.0, 5.0, 60.0, 120.0)) if self._may("lag") and mix != "none" else 0.0
        )
        self.blows = self._blows(chance, processes) if mix in ("some", "processes") else ()
        self.outages = self._outages(chance) if mix == "some" and chance.happens(0.3) else ()
        self.happened: list[str] = ["lag"] if self.lag_s else []
        self.off = False
        self.token_s = chance.one_of((0.0, 0.0, 1.0, 3.0, 6.0)) if self._may("slow-tokens") else 0.0
        """How long the authorization server takes for each answer."""
        if self.token_s:
            self.happened.append("slow-tokens")
        self._fates: dict[int, Fate | None] = {}

    def fate(self, number: int) -> Fate | None:
        """What befalls the call with this number; None most of the time."""
        if self.off or not self.kinds:
            return None
        for before in range(max(STREAKS)):
            fate = self._drawn(number - before)
            if fate is not None and fate.calls > before and self._may(fate.name):
                if fate.name not in self.happened:
                    self.happened.append(fate.name)
                return fate
        return None

    def _drawn(self, number: int) -> Fate | None:
        if number not in self._fates:
            self._fates[number] = self._draw(number)
        return self._fates[number]

    def _draw(self, number: int) -> Fate | None:
        chance = Chance(self._seed, f"call {number}")
        if not chance.happens(self.rate):
            return None
        kind: Kind = chance.one_of(self.kinds)
        return Fate(
            name=f"call:{number}",
            kind=kind,
            status=chance.one_of(BEFORE if kind == "status" else AFTER),
            seconds=chance.one_of((0.5, 2.0, 9.0, 20.0, 31.0, 40.0)) if kind == "delay" else 0.0,
            calls=chance.one_of(STREAKS),
        )

    def struck(self, name: str) -> None:
        """It has happened."""
        self.happened.append(name)

    def _may(self, name: str) -> bool:
        return self._only is None or name in self._only

    def _blows(self, chance: Chance, processes: int) -> tuple[Blow, ...]:
        crashes = [
            Blow(f"crash:{number}", chance.below(processes), chance.between(20, 500))
            for number in range(chance.between(0, 5))
        ]
        freezes = [
            Blow(f"freeze:{number}", chance.below(processes), chance.between(20, 500), frozen_s)
            for number in range(chance.between(0, 2))
            for frozen_s in [chance.one_of((2.0, 20.0, 66.0, 90.0))]
        ]
        return tuple(blow for blow in (*crashes, *freezes) if self._may(blow.name))

    def _outages(self, chance: Chance) -> tuple[Outage, ...]:
        drawn: list[Outage] = []
        for number in range(2):
            away: Dependency = chance.one_of(DEPENDENCIES)
            drawn.append(Outage(f"outage:{number}", away, chance.uniform(0, 60), chance.uniform(0.2, 4.0)))
        return tuple(outage for outage in drawn if self._may(outage.name))

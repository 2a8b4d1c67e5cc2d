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
LASTS_S = (0.0, 0.0, 6.0)
STEPS = ("", "", "slot", "send", "heard", "committed")
AFTER = (500, 502, 503, 504, 504, 504)
AWAY_S = 600.0


class Fate(Struct, frozen=True):
    """What befalls one call."""

    name: str
    kind: Kind
    status: int = 500
    seconds: float = 0.0
    lasts_s: float = 0.0
    """How long it befalls every other call, too."""


class Blow(Struct, frozen=True):
    """What befalls a virtual process at the n-th of its steps, or of those of a name: it dies or freezes."""

    name: str
    process: int
    step: int
    at: str
    """Name of the steps that count; empty: all."""
    frozen_s: float = 0.0


class Outage(Struct, frozen=True):
    """A dependency that is away for a while."""

    name: str
    of: Dependency
    at_s: float
    for_s: float


class Away(Struct, frozen=True):
    """The vendor, its authorization server too, fails for a long while."""

    kind: Kind
    at_s: float
    share: float
    """Of its calls; where it is less than 1 no circuit opens, and retries are what comes of it."""
    name: str = "away"
    for_s: float = AWAY_S

    def befalls(self, now: float) -> bool:
        return self.at_s <= now < self.ends

    @property
    def ends(self) -> float:
        return self.at_s + self.for_s


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
        self._lasting: tuple[Fate, float] | None = None
        self.away = self._away(chance) if mix != "none" and chance.happens(0.12) else None

    def fate(self, number: int, now: float) -> Fate | None:
        """What befalls the call with this number, at this time; None most of the time."""
        if self.off:
            return None
        if self.away is not None and self.away.befalls(now):
            return self._fate_away(self.away, number)
        if not self.kinds:
            return None
        if self._lasting is not None and now < self._lasting[1]:
            return self._lasting[0]
        chance = Chance(self._seed, f"call {number}")
        name = f"call:{number}"
        if not chance.happens(self.rate) or not self._may(name):
            return None
        kind: Kind = chance.one_of(self.kinds)
        fate = Fate(
            name=name,
            kind=kind,
            status=chance.one_of(BEFORE if kind == "status" else AFTER),
            seconds=chance.one_of((0.5, 2.0, 9.0, 20.0, 31.0, 40.0)) if kind == "delay" else 0.0,
            lasts_s=chance.one_of(LASTS_S),
        )
        self.happened.append(name)
        self._lasting = fate, now + fate.lasts_s
        return fate

    def struck(self, name: str) -> None:
        """It has happened."""
        self.happened.append(name)

    def _fate_away(self, away: Away, number: int) -> Fate | None:
        if away.name not in self.happened:
            self.struck(away.name)
        if not Chance(self._seed, f"away {number}").happens(away.share):
            return None
        return Fate(name=away.name, kind=away.kind, status=503)

    def _may(self, name: str) -> bool:
        return self._only is None or name in self._only

    def _blows(self, chance: Chance, processes: int) -> tuple[Blow, ...]:
        drawn = [
            self._blow(chance, f"crash:{number}", processes, chance.one_of(STEPS), 0.0)
            for number in range(chance.between(0, 4))
        ]
        for number in range(chance.between(0, 3)):
            frozen_s = chance.one_of((2.0, 20.0, 66.0, 66.0, 90.0, 150.0))
            drawn.append(
                self._blow(
                    chance, f"freeze:{number}", processes, chance.one_of(("", "slot", "slot")), frozen_s
                )
            )
        return tuple(blow for blow in drawn if self._may(blow.name))

    @staticmethod
    def _blow(chance: Chance, name: str, processes: int, at: str, frozen_s: float) -> Blow:
        step = chance.between(3, 20) if at else chance.between(20, 500)
        return Blow(name=name, process=chance.below(processes), step=step, at=at, frozen_s=frozen_s)

    def _outages(self, chance: Chance) -> tuple[Outage, ...]:
        drawn: list[Outage] = []
        for number in range(2):
            away: Dependency = chance.one_of(DEPENDENCIES)
            drawn.append(Outage(f"outage:{number}", away, chance.uniform(0, 60), chance.uniform(0.2, 4.0)))
        return tuple(outage for outage in drawn if self._may(outage.name))

    def _away(self, chance: Chance) -> Away | None:
        kind: Kind = chance.one_of(("refused", "status"))
        drawn = Away(kind, chance.uniform(0, 40), chance.one_of((1.0, 0.5, 0.5)))
        return drawn if self._may(drawn.name) else None

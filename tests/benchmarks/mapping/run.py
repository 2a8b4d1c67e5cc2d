"""One run: each round measures the reference and then the mapping, so that noise meets both."""

from collections.abc import Callable
from statistics import median
from time import process_time

import msgspec

from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.resources.invoices import DECODER, to_native, to_unified
from gateway.api.envelope import ENCODER as UNIFIED
from schemas.invoices import InvoiceInput
from tests.benchmarks.mapping import documents
from tests.mapping.builders import identity, view

GOAL = 12.0
"""Mapping both ways, at most so many times the bare decode and encode."""


class Plan(msgspec.Struct, frozen=True):
    """`times` calls a round, half of a tenth of them before it to warm up."""

    rounds: int
    times: int


class Costs(msgspec.Struct, frozen=True, rename="camel"):
    """CPU time of one round in microseconds a document."""

    bare: float
    """The vendor's document decoded to its structs and encoded again: msgspec alone."""
    reading: float
    """`to_unified`."""
    writing: float
    """`to_native`."""
    all_of_reading: float
    """The vendor's bytes in, unified bytes out."""
    all_of_writing: float
    """The caller's bytes in, the vendor's bytes out; without the door's checks."""

    @property
    def mapping(self) -> float:
        return (self.reading + self.writing) / self.bare

    @property
    def whole(self) -> float:
        return (self.all_of_reading + self.all_of_writing) / self.bare


class Outcome(msgspec.Struct, frozen=True):
    plan: Plan
    rounds: list[Costs]

    @property
    def middle(self) -> Costs:
        """The median of each cost over the rounds."""
        names = Costs.__struct_fields__
        return Costs(*(median(getattr(one, name) for one in self.rounds) for name in names))

    @property
    def mapping(self) -> float:
        """How many times the bare cost both functions take: the median of the ratios within a round."""
        return median(one.mapping for one in self.rounds)

    @property
    def whole(self) -> float:
        """The same with decoding and encoding, both ways."""
        return median(one.whole for one in self.rounds)

    @property
    def reached(self) -> bool:
        """Judged with decoding and encoding: the harder reading of the goal."""
        return self.whole <= GOAL


def run(plan: Plan) -> Outcome:
    return Outcome(plan, [_round(plan.times) for _ in range(plan.rounds)])


def _round(times: int) -> Costs:
    vendors, callers = documents.vendors(), documents.callers()
    around, us, inputs = view(), identity(), msgspec.json.Decoder(InvoiceInput)
    raw, body = DECODER.decode(vendors), inputs.decode(callers)
    return Costs(
        bare=_cost(lambda: ENCODER.encode(DECODER.decode(vendors)), times),
        reading=_cost(lambda: to_unified(raw, around), times),
        writing=_cost(lambda: to_native(body, us), times),
        all_of_reading=_cost(lambda: UNIFIED.encode(to_unified(DECODER.decode(vendors), around)), times),
        all_of_writing=_cost(lambda: ENCODER.encode(to_native(inputs.decode(callers), us)), times),
    )


def _cost(call: Callable[[], object], times: int) -> float:
    """CPU microseconds of one call."""
    for _ in range(times // 20 + 1):
        call()
    started = process_time()
    for _ in range(times):
        call()
    return (process_time() - started) / times * 1e6

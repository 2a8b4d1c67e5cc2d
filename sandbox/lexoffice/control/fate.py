"""Commands of fate: time, pace, quirks, faults, and what befalls callbacks."""

from decimal import Decimal
from typing import Any

import msgspec

from sandbox.lexoffice.app import TwinApp
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.events.delivery import Mishaps
from sandbox.lexoffice.faults import Fault
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.routing import Route


def clock(app: TwinApp) -> Any:
    return {"now": shown(app.twin.clock.now())}


def advance(app: TwinApp, seconds: float | Decimal) -> Any:
    app.twin.advance(float(seconds))
    return clock(app)


def rate_limit(app: TwinApp, on: bool) -> Any:
    app.twin.rate_limit(on)
    return {"on": on}


def quirks(app: TwinApp) -> Quirks:
    return app.twin.quirks


def set_quirks(app: TwinApp, **changes: Any) -> Quirks:
    """Change some; unknown names and values that do not fit change nothing."""
    merged = {**msgspec.to_builtins(app.twin.quirks), **changes}
    if unknown := set(changes) - set(Quirks.__struct_fields__):
        raise ValueError(f"no such quirk: {', '.join(sorted(unknown))}")
    checked = msgspec.convert(merged, Quirks)
    for name in changes:
        setattr(app.twin.quirks, name, getattr(checked, name))
    return app.twin.quirks


def faults(app: TwinApp) -> list[Fault]:
    return app.twin.faults.rules


def add_fault(app: TwinApp, **rule: Any) -> list[Fault]:
    app.twin.faults.add(msgspec.convert(rule, Fault, strict=False))
    return app.twin.faults.rules


def clear_faults(app: TwinApp) -> list[Fault]:
    app.twin.faults.clear()
    return app.twin.faults.rules


def set_mishaps(app: TwinApp, **mishaps: Any) -> Any:
    app.twin.mishaps = msgspec.convert(mishaps, Mishaps, strict=False)
    return app.twin.mishaps


ROUTES = [
    Route("GET", "/clock", clock),
    Route("POST", "/clock/advance", advance),
    Route("PUT", "/rate-limit", rate_limit),
    Route("GET", "/quirks", quirks),
    Route("PATCH", "/quirks", set_quirks),
    Route("GET", "/faults", faults),
    Route("POST", "/faults", add_fault),
    Route("DELETE", "/faults", clear_faults),
    Route("PUT", "/mishaps", set_mishaps),
]

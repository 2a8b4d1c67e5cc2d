"""What a write would send and come to: all of it is done but the sending."""

import msgspec
from msgspec import Struct

from connectors.base.errors import NOT_HELD, FieldError, FieldNotHeld, InvalidForTarget
from connectors.base.examination import Examination
from connectors.base.wire import Call
from gateway.dispatch import Dispatcher, Perform
from gateway.writes.withholding import Withheld, Withholding


class Preview(Struct, kw_only=True, frozen=True):
    """What a write would send, and what is known against it."""

    call: Call | None
    """None when it would not get that far."""
    misfits: tuple[FieldError, ...]
    """What the write itself would be refused for, without a call."""
    examination: Examination | None
    left_out: tuple[FieldError, ...]
    """What of an object that was read would not be taken over."""


async def preview(dispatcher: Dispatcher, perform: Perform) -> Preview:
    """What the write would send, with everything but sending it done; the vendor may be read.

    Raises:
        KontorError: what the write would end in before it is sent, but for misfits, which are told.
    """
    held, misfits = await _rehearsed(dispatcher, msgspec.structs.replace(perform, strict=True))
    if misfits and not perform.strict and all(error.code == NOT_HELD for error in misfits):
        held, _ = await _rehearsed(dispatcher, perform)
    return Preview(
        call=held.call,
        misfits=misfits,
        examination=_examined(dispatcher, perform, held),
        left_out=held.noted,
    )


async def _rehearsed(dispatcher: Dispatcher, perform: Perform) -> tuple[Withholding, tuple[FieldError, ...]]:
    withholding = Withholding()
    if perform.change is not None:
        perform = msgspec.structs.replace(perform, change=withholding.watching(perform.change))
    try:
        running = dispatcher.run(perform, withholding.around, withholding.note)
        await dispatcher.watched(perform.connection, running)
    except Withheld:
        pass
    except (InvalidForTarget, FieldNotHeld) as error:
        return withholding, error.errors
    return withholding, ()


def _examined(dispatcher: Dispatcher, perform: Perform, held: Withholding) -> Examination | None:
    if perform.operation.takes is not None:
        told, seen = "examine_sent", held.call
    else:
        told, seen = "examine", held.merged if perform.body is None else perform.body
    examine = getattr(dispatcher.resource(perform, lambda wire: wire), told, None)
    return examine(seen) if examine and seen is not None else None

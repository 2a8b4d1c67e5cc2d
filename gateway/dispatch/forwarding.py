"""Calls in a vendor's own words: the same credentials, schedule and journal, and no mapping."""

from collections.abc import Callable

from msgspec import Struct

from connectors.base.errors import OutcomeUnknown, ReconnectNeeded
from connectors.base.wire import Answer, Call, Wire
from gateway.dispatch import Dispatcher, Idempotent
from gateway.tenants.model import Connection
from gateway.upstream.hops import Ledger
from gateway.upstream.schedule import Lane
from gateway.writes.journal import StoredAnswer
from gateway.writes.outcome import of_status
from gateway.writes.rows import UNKNOWN


class Forward(Struct, kw_only=True):
    """One call in a vendor's own words, for one connection."""

    connection: Connection
    call: Call
    ledger: Ledger
    deadline: float
    """On the clock's monotonic scale."""
    request_id: str
    lane: Lane = Lane.INTERACTIVE
    """Who waits for it."""


async def forward(dispatcher: Dispatcher, asked: Forward) -> Answer:
    """The vendor's answer to a read, whatever its status. Raises ReconnectNeeded for a lost consent."""
    return await dispatcher.watched(asked.connection, _forwarded(dispatcher, asked, lambda wire: wire))


async def forward_write(
    dispatcher: Dispatcher,
    asked: Forward,
    idempotent: Idempotent,
    render: Callable[[Answer], StoredAnswer],
) -> tuple[StoredAnswer, bool]:
    """The same for a write, as in `Dispatcher.write`. Raises OutcomeUnknown when its answer does not tell."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        return render(await dispatcher.watched(asked.connection, _forwarded(dispatcher, asked, wrap)))

    return await dispatcher.journaled(asked, "passthrough", asked.call.method.lower(), idempotent, act)


async def _forwarded(dispatcher: Dispatcher, asked: Forward, wrap: Callable[[Wire], Wire]) -> Answer:
    connector, _ = dispatcher.targets.reached(asked.connection.target)
    wire = dispatcher.upstream.wire(
        asked.connection, deadline=asked.deadline, ledger=asked.ledger, lane=asked.lane
    )
    answer = await wrap(wire).send(asked.call)
    refusal = connector.refusal(answer)
    if isinstance(refusal, ReconnectNeeded):
        raise refusal
    if asked.call.writes and of_status(answer.status) == UNKNOWN:
        raise OutcomeUnknown(
            f"{connector.title} answered the write with HTTP {answer.status}.",
            upstream=refusal.upstream if refusal else None,
        )
    return answer

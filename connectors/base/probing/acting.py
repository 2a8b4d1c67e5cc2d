"""Which fields of an action's body reach the vendor: it is tried on an object that stands as it needs."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from connectors.base.connector import Session
from connectors.base.operations import Operation
from connectors.base.probing.reading import Exploration, Reader
from connectors.base.probing.reading import Operation as Doing
from connectors.base.probing.samples import value_of
from connectors.base.probing.writing import Held, Send, Writer

SOME_ID = value_of(inspect.type_info(str), "id")
Reading = Callable[[list[Doing]], tuple[Reader, Exploration]]


def acted(
    kind: type[Any], reading: Reading, actions: list[Operation], examples: Mapping[str, dict[str, Any]]
) -> dict[str, tuple[Held, ...]]:
    """Every leaf of the body of every action. `examples`: bodies that are taken, by operation.

    Raises:
        AssertionError: an action takes its example of no object that could be read.
    """
    if not actions:
        return {}
    ways = {one.name: _way(kind, one) for one in actions}
    doing = [_doing(ways[one.name], one, examples[one.name]) for one in actions]
    reader, found = reading(doing)
    return {one.name: _held(reader, found, one, ways[one.name], examples[one.name]) for one in actions}


def _held(
    reader: Reader, found: Exploration, operation: Operation, act: Send, example: dict[str, Any]
) -> tuple[Held, ...]:
    assert operation.takes is not None
    for answer in found.variations():
        reader.learn(answer)  # as far as it gets now
        writer = Writer(operation.takes, example, act, reader.shapes, answer, reader.words)
        if writer.sent(example).parts:
            return tuple(writer.held())
    raise AssertionError(f"{operation.name} takes its example of nothing that is read")


def _way(kind: type[Any], operation: Operation) -> Send:
    async def act(session: Session, body: Any) -> Any:
        method = getattr(kind(session), operation.name)
        return await (method(SOME_ID, body) if operation.needs_id else method(body))

    return act


def _doing(act: Send, operation: Operation, example: dict[str, Any]) -> Doing:
    assert operation.takes is not None
    body = msgspec.convert(example, operation.takes)

    async def do(session: Session) -> Any:
        return await act(session, body)

    return do

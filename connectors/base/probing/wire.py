"""A wire without a vendor: answers reads with samples, keeps the first write back."""

import re
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from connectors.base.field_paths import bare, put
from connectors.base.probing.listening import Listener
from connectors.base.probing.samples import Place, places, sample
from connectors.base.wire import Answer, Call

T = TypeVar("T")
ENCODER = msgspec.json.Encoder(decimal_format="number")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DECODER = msgspec.json.Decoder(float_hook=Decimal)
MOST_CALLS = 12
Changes = dict[tuple[str, str], Any]
"""Values by (path of the call, path in its answer)."""
OBJECT = inspect.type_info(dict[str, Any])


class Withheld(Exception):
    """A write was about to leave."""


class Shapes:
    """What the vendor's answers look like, as far as the connector was heard to decode them."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[inspect.Type, inspect.Type | None]] = {}
        self._heard: dict[str, list[Any]] = {}
        self._bases: dict[str, bytes] = {}

    def learn(self, listener: Listener) -> bool:
        """Takes over what was decoded; True when that is more than was known."""
        more = False
        for path, types in listener.decoded.items():
            if len(types) > len(self._heard.get(path, [])):
                self._heard[path], self._kinds[path] = types, _shape(types)
                self._bases.pop(path, None)
                more = True
        return more

    def known(self, path: str) -> bool:
        """Whether an answer of the path was ever decoded."""
        return path in self._kinds

    def answer(self, path: str, changed: "Changes") -> bytes:
        """A sample for the path, with what is changed in it."""
        asked = tuple((at, value) for (of, at), value in changed.items() if of == path)
        tree = DECODER.decode(self._base(path)) if asked else None
        for at, value in asked:
            tree = put(tree, at, value, make=False)
        return ENCODER.encode(tree) if asked else self._base(path)

    def _base(self, path: str) -> bytes:
        if path not in self._bases:
            self._bases[path] = ENCODER.encode(sample(*self._kinds.get(path, (OBJECT, None))))
        return self._bases[path]

    def is_of_page(self, path: str, field: str) -> bool:
        """Whether the value is the list's own, such as the number of its page, and no row's."""
        kind, row = self._kinds[path]
        return row is not None and isinstance(kind, inspect.StructType) and "[]" not in field

    def places(self) -> list[tuple[str, Place]]:
        """Every value of every answer."""
        return [(path, place) for path, shape in self._kinds.items() for place in places(*shape)]


class ProbingWire:
    """`connectors.base.wire.Wire`."""

    def __init__(self, shapes: Shapes, changed: Changes, listener: Listener | None = None) -> None:
        self.calls: list[Call] = []
        self.strange = False
        """True when a path was asked whose answers nobody was heard to decode."""
        self._shapes = shapes
        self._changed = changed
        self._listener = listener

    async def send(self, call: Call) -> Answer:
        """The sample of the path; ids in it are all the same."""
        self.calls.append(call)
        if call.writes or len(self.calls) > MOST_CALLS:
            raise Withheld
        path = ID.sub("{id}", call.path)
        self.strange = self.strange or not self._shapes.known(path)
        if self._listener is not None:
            self._listener.path = path
        return Answer(status=200, headers={}, content=self._shapes.answer(path, self._changed))

    async def pause(self, seconds: float) -> bool:
        """There is no waiting here."""
        return True


def run(awaitable: Coroutine[Any, Any, T]) -> T:
    """The result of what waits for nothing but the wire."""
    try:
        awaitable.send(None)
    except StopIteration as done:
        return done.value
    awaitable.close()
    raise RuntimeError("a connector waits for something beside its wire")


def flattened(value: Any, path: str = "") -> dict[str, str]:
    """Every plain value by its path, without numbers; several of a list together."""
    if isinstance(value, dict):
        parts = [flattened(part, f"{path}.{name}" if path else str(name)) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [flattened(part, f"{path}[]") for part in value]
    else:
        return {path: str(value)}
    found: dict[str, str] = {}
    for part in parts:
        for at, text in part.items():
            found[at] = f"{found[at]}|{text}" if at in found else text
    return found


def _shape(types: list[Any]) -> tuple[inspect.Type, inspect.Type | None]:
    """The body's type and its rows': the first type that says something, and the next one."""
    telling = [one for one in dict.fromkeys(types) if _says(inspect.type_info(one))]
    body, row = (*telling, None, None)[:2]
    return inspect.type_info(body or types[0]), inspect.type_info(row) if row else None


def _says(kind: inspect.Type) -> bool:
    _, kind = bare(kind)
    item = getattr(kind, "item_type", None)
    return isinstance(kind, inspect.StructType | inspect.RawType) or (item is not None and _says(item))

"""Which fields of an input reach the vendor, and where: one field set at a time, and what is sent compared.

A value may need another beside it to be taken: an item on a product line. So a field that is refused on the
plain body is tried again with one other field changed.
"""

import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec
from msgspec import Struct, inspect

from connectors.base.connector import Session
from connectors.base.errors import FieldError, KontorError
from connectors.base.field_paths import ABSENT, FieldAt, fields_of, leaves_of, put
from connectors.base.probing.inputs import candidates, is_choice, with_siblings
from connectors.base.probing.reading import FAULTS, HOSTS, IDENTITY, NOW, PARTNER
from connectors.base.probing.wire import Changes, ProbingWire, Shapes, Withheld, flattened, run
from connectors.base.wire import Call

Send = Callable[[Session, Any], Coroutine[Any, Any, Any]]
"""Has the body, a struct, written."""
REQUIRED, MOST_MISSING = "required", 3
NUMBER = re.compile(r"\[\d+\]")


class Held(Struct, frozen=True, kw_only=True):
    """Whether a field is written, and where it goes."""

    path: str
    written: bool
    goes_to: tuple[str, ...] = ()
    """The vendor's fields that change with it; a parameter of the call has a leading `?`."""
    reason: str | None = None
    """Why it is not written. None with a field that is taken and changes nothing: a defect of the mapping."""


class Sent(Struct, frozen=True):
    """What a write came to."""

    parts: dict[str, str] | None
    """What would leave, by path; None when it was refused."""
    errors: tuple[FieldError, ...] = ()


class Writer:
    """One operation that takes a body."""

    def __init__(
        self,
        struct: type[Struct],
        base: dict[str, Any],
        send: Send,
        shapes: Shapes,
        answer: Changes,
        words: set[str],
    ) -> None:
        self._struct, self._base, self._send = struct, base, send
        self._shapes, self._answer = shapes, answer
        self._leaves = leaves_of(struct)
        self._fields = fields_of(struct)
        self._required = [one.path for one in self._fields if one.required and "." not in one.path]
        self._values = {leaf.path: self._candidates(leaf, words) for leaf in self._leaves}

    def _candidates(self, leaf: FieldAt, words: set[str]) -> tuple[Any, ...]:
        """Values for the leaf; lines in a line and the like are the example's."""
        if leaf.inner is None:
            return candidates(leaf, words)
        around = self._base.get(leaf.path.partition("[]")[0]) or []
        return (around[:1], [*around[:1], *around[:1]]) if around else ()

    def held(self) -> Iterator[Held]:
        """Every leaf of the input."""
        for leaf in self._leaves:
            yield self._of(leaf)

    def mild(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The body with what is missing and without what is refused; None when it is refused all the same."""
        for _ in range(MOST_MISSING):
            sent = self.sent(body)
            if sent.parts:
                return body
            for error in sent.errors:
                path = unnumbered(error.field)
                if error.code == REQUIRED and self._values.get(path):
                    body = put(body, path, self._values[path][0], make=True)
                else:
                    body = put(body, path, ABSENT, make=False)
        return None

    def sent(self, body: dict[str, Any]) -> Sent:
        """What the vendor would get."""
        try:
            value = msgspec.convert(body, self._struct)
        except msgspec.ValidationError:
            return Sent(None)
        wire = ProbingWire(self._shapes, self._answer)
        session = Session(wire=wire, hosts=HOSTS, identity=IDENTITY, now=NOW, access=PARTNER, strict=True)
        try:
            run(self._send(session, value))
        except Withheld:
            return Sent(_parts(wire.calls[-1]))
        except KontorError as error:
            return Sent(None, error.errors)
        except FAULTS:
            return Sent(None)
        return Sent({})

    def _of(self, leaf: FieldAt) -> Held:
        refusals: list[FieldError] = []
        changed: set[str] = set()
        untaken = set(self._values[leaf.path]) if is_choice(leaf) else set()
        for body in self._bodies(leaf):
            found = self._effect(leaf, body, refusals, untaken) or self._effect(
                leaf, self._mended(body), [], untaken
            )
            changed |= found
            if changed and not untaken:
                break
        changed = changed or self._decided(leaf)
        if changed:
            return Held(path=leaf.path, written=True, goes_to=tuple(sorted(changed)))
        values = self._values[leaf.path]
        if len(values) == 1 and self.sent(put(self._base, leaf.path, values[0], make=True)).parts is not None:
            return Held(path=leaf.path, written=True, reason=f"Takes `{values[0]}` only.")
        # What the plainest body was told comes first: the others have oddities of their own.
        named = [one for one in refusals if _is_about(one.field, leaf.path)]
        return Held(path=leaf.path, written=False, reason=named[0].message if named else None)

    def _bodies(self, leaf: FieldAt) -> Iterator[dict[str, Any]]:
        """The example and the least that is required, and both with one other field changed."""
        least = {name: self._base[name] for name in self._required if name in self._base}
        yield from (self._base, least)
        for body in (self._base, least):
            for other in self._fields:
                if other.path != leaf.path and not leaf.path.startswith(
                    (f"{other.path}.", f"{other.path}[]")
                ):
                    yield put(body, other.path, ABSENT, make=False)
                    for value in self._values.get(other.path, ()):
                        yield with_siblings(self._struct, body, other, value, self._values)

    def _mended(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with what is missing beside it."""
        for _ in range(MOST_MISSING):
            missing = [unnumbered(one.field) for one in self.sent(body).errors if one.code == REQUIRED]
            for path in missing:
                if self._values.get(path):
                    body = put(body, path, self._values[path][0], make=True)
            if not missing:
                break
        return body

    def _effect(
        self, leaf: FieldAt, body: dict[str, Any], refusals: list[FieldError], untaken: set[Any]
    ) -> set[str]:
        """What differs between the values that are taken; where only one is, between it and none."""
        taken: list[dict[str, str]] = []
        for value in self._values[leaf.path]:
            sent = self.sent(with_siblings(self._struct, body, leaf, value, self._values))
            if sent.parts is not None:
                taken.append(sent.parts)
                untaken.discard(value if isinstance(value, str) else None)
            refusals += sent.errors
        changed = _differing(taken)
        if taken and not changed:
            without = self.sent(put(body, leaf.path, ABSENT, make=False))
            changed = _differing([taken[0], without.parts]) if without.parts is not None else set()
        return changed

    def _decided(self, leaf: FieldAt) -> set[str]:
        """What has the value of a flag that decides what may stand beside it, in either kind of body."""
        if not isinstance(leaf.kind, inspect.BoolType):
            return set()
        found: dict[bool, set[str]] = {}
        for body in self._bodies(leaf):
            taken = [
                (value, sent.parts)
                for value in (True, False)
                if (sent := self.sent(put(body, leaf.path, value, make=True))).parts is not None
            ]
            if len(taken) == 1:
                ((value, parts),) = taken
                found.setdefault(value, set()).update(at for at, text in parts.items() if text == str(value))
        return found.get(True, set()) & found.get(False, set())


def _differing(sent: list[dict[str, str]]) -> set[str]:
    names = {name for one in sent for name in one}
    return {name for name in names if any(one.get(name) != sent[0].get(name) for one in sent[1:])}


def _parts(call: Call) -> dict[str, str]:
    body = (
        msgspec.json.decode(call.content) if call.content and call.content_type == "application/json" else {}
    )
    return flattened(body) | {f"?{name}": value for name, value in call.params}


def _is_about(field: str, path: str) -> bool:
    """Whether an error at `field` is about the leaf, or what holds it."""
    at = unnumbered(field)
    return path == at or path.startswith((f"{at}.", f"{at}[]"))


def unnumbered(field: str) -> str:
    """The path without places in lists."""
    return NUMBER.sub("[]", field)

"""Which fields of an input reach the vendor, and where: one field set at a time, and what is sent compared.

A value may need another beside it to be taken: an item on a product line. So a field that is refused on the
plain body is tried again with one other field changed.
"""

import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec
from msgspec import Struct, inspect
from msgspec.structs import replace

from connectors.base.connector import Session
from connectors.base.errors import NOT_HELD, FieldError, KontorError
from connectors.base.field_paths import ABSENT, FieldAt, fields_of, leaves_of, put
from connectors.base.probing.inputs import candidates, is_choice, with_siblings
from connectors.base.probing.reading import FAULTS, session_over
from connectors.base.probing.wire import Changes, ProbingWire, Shapes, Withheld, flattened, run
from connectors.base.wire import Call

Send = Callable[[Session, Any], Coroutine[Any, Any, Any]]
"""Has the body, a struct, written."""
REQUIRED, MOST_MISSING = "required", 3
ABOUT_THE_VALUE = (REQUIRED, "invalid")
"""Codes of complaints that another value might escape; others say more about the field itself."""
NO_LEAF = "-"
NUMBER = re.compile(r"\[\d+\]")


class Held(Struct, frozen=True, kw_only=True):
    """Whether a field is written, and where it goes."""

    path: str
    written: bool
    goes_to: tuple[str, ...] = ()
    """The vendor's fields that change with it; a parameter of the call has a leading `?`. `path` is the
    call's own."""
    reason: str | None = None
    """Why it is not written, or not as it was given. None with a field that is taken and changes nothing: a
    defect of the mapping."""


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
        *,
        changes: bool = False,
    ) -> None:
        """`changes`: the base is what stands there already, so that keeping a value writes nothing."""
        self._struct, self._base, self._send = struct, base, send
        self._changes = changes
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

    def turned(self, flag: str, value: bool) -> Sent:
        """What leaves of the base with the flag so, and without what else is refused."""
        return self.sent(self._mended(put(self._base, flag, value, make=True), flag, taking_out=True))

    def mild(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The body with what is missing and without what is refused; None when it is refused all the same."""
        mended = self._mended(body, NO_LEAF, taking_out=True)
        return mended if self.sent(mended).parts else None

    def _mended(self, body: dict[str, Any], leaf: str, *, taking_out: bool) -> dict[str, Any]:
        """The body with what is missing, and without what is refused unless it is about the leaf."""
        for _ in range(MOST_MISSING):
            sent = self.sent(body)
            if sent.parts:
                return body
            for error in sent.errors:
                path = unnumbered(error.field)
                if error.code == REQUIRED and self._values.get(path):
                    body = put(body, path, self._values[path][0], make=True)
                elif taking_out and not _is_about(error.field, leaf):
                    body = put(body, path.removesuffix("[]"), ABSENT, make=False)
        return body

    def sent(self, body: dict[str, Any], *, strict: bool = True) -> Sent:
        """What the vendor would get."""
        try:
            value = msgspec.convert(body, self._struct)
        except msgspec.ValidationError:
            return Sent(None)
        wire = ProbingWire(self._shapes, self._answer)
        session = replace(session_over(wire), strict=strict)
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
            changed |= self._effect(leaf, body, refusals, untaken) or self._effect_mended(
                leaf, body, refusals, untaken
            )
            if changed and not untaken:
                break
        changed = changed or self._decided(leaf)
        if changed:
            return Held(path=leaf.path, written=True, goes_to=tuple(sorted(changed)))
        values = self._values[leaf.path]
        if len(values) == 1 and self.sent(put(self._base, leaf.path, values[0], make=True)).parts is not None:
            return Held(path=leaf.path, written=True, reason=f"Takes `{values[0]}` only.")
        # What the plainest body was told comes first: the others have oddities of their own.
        named = sorted(
            (one for one in refusals if _is_about(one.field, leaf.path)),
            key=lambda one: one.code in ABOUT_THE_VALUE,
        )
        why = named[0].message if named else None
        taken = [f"`{value}`" for value in values if value not in untaken]
        forced = leaf.required and not self._changes
        if untaken and why and len(taken) > (0 if forced else 1):
            return Held(path=leaf.path, written=True, reason=f"Takes {', '.join(taken)} only. {why}")
        return self._in_place_of_another(leaf, refusals) or Held(path=leaf.path, written=False, reason=why)

    def _in_place_of_another(self, leaf: FieldAt, refusals: list[FieldError]) -> Held | None:
        """A value that is taken where another is left out for it, which a strict caller is refused."""
        beside = [one for one in refusals if one.code == NOT_HELD and not _is_about(one.field, leaf.path)]
        changed = self._effect(leaf, self._base, [], set(), strict=False) if beside else set()
        if not changed:
            return None
        return Held(path=leaf.path, written=True, goes_to=tuple(sorted(changed)), reason=beside[0].message)

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

    def _effect_mended(
        self, leaf: FieldAt, body: dict[str, Any], refusals: list[FieldError], untaken: set[Any]
    ) -> set[str]:
        """The same with what is missing beside it; then also without what else is refused."""
        tried = [body]
        for taking_out in (False, True):
            mended = self._mended(body, leaf.path, taking_out=taking_out)
            if mended not in tried:
                tried.append(mended)
                if changed := self._effect(leaf, mended, refusals, untaken):
                    return changed
        return set()

    def _effect(
        self,
        leaf: FieldAt,
        body: dict[str, Any],
        refusals: list[FieldError],
        untaken: set[Any],
        *,
        strict: bool = True,
    ) -> set[str]:
        """What differs between the values that are taken; where only one is, between it and none."""
        taken: list[dict[str, str]] = []
        for value in self._values[leaf.path]:
            sent = self.sent(with_siblings(self._struct, body, leaf, value, self._values), strict=strict)
            if sent.parts is not None:
                taken.append(sent.parts)
                untaken.discard(value if isinstance(value, str) else None)
            refusals += sent.errors
        changed = _differing(taken)
        if taken and not changed:
            without = self.sent(put(body, leaf.path, ABSENT, make=False), strict=strict)
            changed = _differing([taken[0], without.parts]) if without.parts is not None else set()
        return changed

    def _decided(self, leaf: FieldAt) -> set[str]:
        """What always has the value of a flag that decides what may stand beside it."""
        if not isinstance(leaf.kind, inspect.BoolType):
            return set()
        found: dict[bool, set[str]] = {}
        for body in self._bodies(leaf):
            for value in (True, False):
                parts = self._decisive(leaf, put(body, leaf.path, value, make=True)).parts
                if parts is not None:
                    same = {at for at, text in parts.items() if text == str(value)}
                    found[value] = found.get(value, same) & same
        return found.get(True, set()) & found.get(False, set())

    def _decisive(self, leaf: FieldAt, body: dict[str, Any]) -> Sent:
        """What leaves with the flag as it is, and beside it what may stand there."""
        return self.sent(self._mended(body, leaf.path, taking_out=True))


def _differing(sent: list[dict[str, str]]) -> set[str]:
    names = {name for one in sent for name in one}
    return {name for name in names if any(one.get(name) != sent[0].get(name) for one in sent[1:])}


def _parts(call: Call) -> dict[str, str]:
    body = (
        msgspec.json.decode(call.content) if call.content and call.content_type == "application/json" else {}
    )
    return flattened(body) | {f"?{name}": value for name, value in call.params} | {"path": call.path}


def _is_about(field: str, path: str) -> bool:
    """Whether an error at `field` is about the leaf, or what holds it."""
    at = unnumbered(field)
    return path == at or path.startswith((f"{at}.", f"{at}[]"))


def unnumbered(field: str) -> str:
    """The path without places in lists."""
    return NUMBER.sub("[]", field)

"""What is different between two versions of a document: paths of fields, and what it stands at. Pure."""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from gateway.replica.rows import Changed, Standing

MOST = 50
"""Paths; where there are more, only the fields that they begin with are named."""
DECODER = msgspec.json.Decoder()
IN_PASSING = ("allowedActions",)
"""Follow from other fields, or from the connection: no change by themselves."""


def differences(before: bytes, after: bytes) -> tuple[str, ...]:
    """Paths such as `totals.open` or `lines[0].quantity`; a list that has grown or shrunk is one path."""
    old, new = DECODER.decode(before), DECODER.decode(after)
    found = [path for path in _paths(old, new, "") if path.partition(".")[0] not in IN_PASSING]
    if len(found) <= MOST:
        return tuple(found)
    return tuple(dict.fromkeys(path.partition(".")[0].partition("[")[0] for path in found))


def _paths(old: Any, new: Any, at: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            yield from _paths(old.get(name), new.get(name), f"{at}.{name}" if at else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _paths(one, other, f"{at}[{index}]")
    elif old != new:
        yield at


def updated(
    change: Changed,
    before: bytes,
    after: bytes,
    untold: Collection[str],
    stood: str | None,
    stands: str | None,
) -> Changed | None:
    """The change as an update. None where the two differ only in what one of them does not tell (`untold`),
    and it stands at what was told last.
    """
    fields = tuple(path for path in differences(before, after) if path not in untold)
    if not fields and stood == stands:
        return None
    return msgspec.structs.replace(
        change, kind="updated", fields=fields, before=_read(stood), after=_read(stands)
    )


def standing_after(stood: str | None, document: bytes) -> str:
    """What a document stands at, as it is kept; of what it does not tell, what was told last."""
    told, last = _STANDING.decode(document), _read(stood) or Standing()
    facts = {
        name: getattr(last, name) if getattr(told, name) is None else getattr(told, name)
        for name in Standing.__struct_fields__
    }
    return msgspec.json.encode(Standing(**facts)).decode()


def turned(id: str, sequence: int, version: str | None, stood: str | None, stands: str) -> Changed:
    """The change of a document that a day made overdue."""
    return Changed(
        id=id,
        sequence=sequence,
        kind="updated",
        version=version,
        fields=("overdue",),
        before=_read(stood),
        after=_read(stands),
    )


def was_overdue(stood: str | None) -> bool:
    """Whether it was told so last."""
    return bool((_read(stood) or Standing()).overdue)


def _read(kept: str | None) -> Standing | None:
    return None if kept is None else _STANDING.decode(kept)


_STANDING = msgspec.json.Decoder(Standing)

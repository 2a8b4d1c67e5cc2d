"""Whether two requests ask for the same: by what they mean, not by how they are written."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

KEPT = (Decimal, datetime)


def fingerprint(parsed: object) -> bytes:
    """32 bytes that are equal for requests that ask for the same.

    `parsed` is what was understood of a request: body, id, query. Order of fields, spacing, defaults written
    out, trailing zeros of amounts and the zone of instants make no difference; the order of lists does.
    """
    plain = msgspec.to_builtins(parsed, builtin_types=KEPT, str_keys=True)
    return hashlib.sha256(msgspec.json.encode(_canonical(plain), order="sorted")).digest()


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _canonical(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    # Marked by a list, so that an amount never equals the text of it.
    if isinstance(value, Decimal):
        return ["decimal", _exact(value)]
    if isinstance(value, datetime) and value.tzinfo is not None:
        return ["instant", value.astimezone(UTC).isoformat()]
    return value


def _exact(value: Decimal) -> str:
    """Digits and exponent without trailing zeros. The decimal module's own way rounds and overflows."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return str(value)
    text = "".join(map(str, digits))
    kept = text.rstrip("0")
    return f"{'-' if sign else ''}{kept}e{exponent + len(text) - len(kept)}" if kept else "0"

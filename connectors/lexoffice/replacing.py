"""Changes over the vendor's own JSON. A PUT replaces the whole object: what is left out is emptied for good.

So what Kontor writes is laid over what the vendor sent: fields that the unified model does not hold stay, and
so do those of tomorrow.
"""

from decimal import Decimal
from typing import Any

import msgspec

AS_SENT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
"""An object of the vendor with every field, numbers as they were written."""


def laid_over(current: dict[str, Any], written: msgspec.Struct) -> dict[str, Any]:
    """The vendor's JSON object with every field of `written` replaced; None takes a field away."""
    result = dict(current)
    for field in msgspec.structs.fields(written):
        value = getattr(written, field.name)
        if value is None:
            result.pop(field.encode_name, None)
        else:
            result[field.encode_name] = _laid_over(current.get(field.encode_name), value)
    return result


def _laid_over(current: Any, value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return laid_over(current if isinstance(current, dict) else {}, value)
    if isinstance(value, list):
        before = current if isinstance(current, list) else []
        return [_laid_over(before[i] if i < len(before) else None, entry) for i, entry in enumerate(value)]
    return value

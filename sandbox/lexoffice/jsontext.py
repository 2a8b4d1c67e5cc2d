"""JSON in and out. Numbers are exact: read as Decimal from their text, written as JSON numbers."""

from decimal import Decimal
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class NotJson(ValueError):
    """The body is no JSON text, or nested beyond reason."""


def encode(value: Any) -> bytes:
    return _ENCODER.encode(value)


def decode(body: bytes) -> Any:
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, RecursionError, ArithmeticError, ValueError) as error:
        raise NotJson(str(error)) from error

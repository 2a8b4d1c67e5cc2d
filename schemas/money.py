"""Money as exact decimals: strings such as "1190.00" on the wire; input also takes JSON numbers."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta


def _decimal(
    places: int, description: str, *, minimum: str | None = None, maximum: str | None = None
) -> Meta:
    """Meta of a decimal with at most `places` decimals and 15 digits; the door checks `extra`."""
    return Meta(
        description=description,
        extra={"places": places, "minimum": minimum, "maximum": maximum},
        extra_json_schema={"format": "decimal", "pattern": rf"^-?\d{{1,15}}(\.\d{{1,{places}}})?$"},
    )


Amount = Annotated[Decimal, _decimal(2, "Amount in the document's currency, at most two decimals.")]
UnitAmount = Annotated[Decimal, _decimal(4, "Price of one unit, at most four decimals.")]
Quantity = Annotated[Decimal, _decimal(4, "Quantity, at most four decimals.")]
Percentage = Annotated[Decimal, _decimal(2, "Per cent: 19 means 19 %.", minimum="0", maximum="100")]

"""Companies with a year of believable books, written by calls day by day, the same for the same seed."""

from collections.abc import Callable

from sandbox.lexoffice.companies import agency, builder, florist, large, shop
from sandbox.lexoffice.companies.year import Year
from sandbox.lexoffice.twin import Twin

COMPANIES: dict[str, Callable[[Twin, int], Year]] = {
    "agency": agency.found,
    "builder": builder.found,
    "florist": florist.found,
    "large": large.found,
    "shop": shop.found,
}
__all__ = ["COMPANIES", "Year"]

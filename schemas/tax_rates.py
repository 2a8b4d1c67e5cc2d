"""Tax rates: which VAT rates apply where, and from when to when."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import CountryCode, Filters, Resource, Unified
from schemas.money import Percentage


class TaxCategory(StrEnum):
    """Which of a country's rates it is. `zero` is a rate of 0 %, not an exemption."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"


class TaxRegime(StrEnum):
    """When a document of the connected company bears the rate."""

    DOMESTIC = "domestic"
    DESTINATION = "destination"
    UNKNOWN = "unknown"


class TaxRate(Unified, kw_only=True, frozen=True):
    """A VAT rate of one country over one span of time. The day of supply decides which span counts."""

    id: str
    """Country, category, rate and first day: `DE-standard-19-2021-01-01`. Stable."""
    country_code: str
    """Country that levies it, ISO 3166-1 alpha-2."""
    country_name: str
    """Name of the country as the vendor writes it, in English."""
    category: TaxCategory
    """Standard, reduced or zero; a country may have several reduced rates."""
    rate: Percentage
    """In per cent (BT-119)."""
    valid_from: date | None
    """First day; None where Kontor does not know it: the rate is older than what its source goes back to."""
    valid_to: date | None
    """Last day; None while it is in force."""
    regime: TaxRegime
    """`domestic`: supplies in the company's own country. `destination`: only distance sales and electronic
    services to consumers in that country, when the company taxes them there (one-stop shop)."""
    note: str | None
    """What it is limited to; None when nothing is special."""
    source: str
    """Where the rate and its days were read. No accounting system tells them; check before you rely on it."""


class TaxRateFilters(Filters, kw_only=True, frozen=True):
    """Filters of tax rates."""

    country_code: CountryCode | None = None
    valid_on: Annotated[date, Meta(description="In force on this day of supply.")] | None = None


RESOURCE = Resource(
    name="tax-rates",
    singular="TaxRate",
    title="VAT rates by country, each with the days on which it holds.",
    model=TaxRate,
    filters=TaxRateFilters,
    fresh_for_s=86_400.0,
    operations=("list", "get"),
)

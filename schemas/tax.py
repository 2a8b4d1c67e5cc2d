"""Tax on documents: one treatment a document, a breakdown by rate."""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from schemas.base import Unified
from schemas.money import Amount, Percentage


class TaxTreatment(StrEnum):
    """The rule that decides the VAT of a whole document. `unknown`: a word of the vendor not known yet."""

    STANDARD = "standard"
    EXEMPT = "exempt"
    INTRA_COMMUNITY_SUPPLY = "intra_community_supply"
    CONSTRUCTION_REVERSE_CHARGE = "construction_reverse_charge"
    SERVICE_REVERSE_CHARGE = "service_reverse_charge"
    EXPORT_OF_SERVICES = "export_of_services"
    EXPORT_OF_GOODS = "export_of_goods"
    PHOTOVOLTAIC_EQUIPMENT = "photovoltaic_equipment"
    DISTANCE_SALES = "distance_sales"
    ELECTRONIC_SERVICES = "electronic_services"
    UNKNOWN = "unknown"


class TaxShare(Unified, kw_only=True, frozen=True):
    """One row of the VAT breakdown (EN 16931 BG-23)."""

    rate: Percentage
    """VAT rate in per cent (BT-119)."""
    category: str | None
    """VAT category by UNCL 5305 (BT-118); None for a rate of 0 that the document gives no reason for."""
    exemption_code: str | None
    """Why no VAT is charged, as a VATEX code (BT-121); None where there is VAT or no code fits."""
    net: Amount
    """Taxable amount (BT-116)."""
    tax: Amount
    """VAT amount (BT-117)."""
    gross: Amount
    """Both together."""


class _Category(NamedTuple):
    """UNCL 5305 code of a treatment, and its VATEX code."""

    code: str
    exemption: str | None


_CATEGORIES = {
    TaxTreatment.EXEMPT: _Category("E", None),
    TaxTreatment.INTRA_COMMUNITY_SUPPLY: _Category("K", "VATEX-EU-IC"),
    TaxTreatment.CONSTRUCTION_REVERSE_CHARGE: _Category("AE", "VATEX-EU-AE"),
    TaxTreatment.SERVICE_REVERSE_CHARGE: _Category("AE", "VATEX-EU-AE"),
    TaxTreatment.EXPORT_OF_SERVICES: _Category("O", "VATEX-EU-O"),
    TaxTreatment.EXPORT_OF_GOODS: _Category("G", "VATEX-EU-G"),
    TaxTreatment.PHOTOVOLTAIC_EQUIPMENT: _Category("Z", None),
}


def tax_category(treatment: TaxTreatment, rate: Decimal | None) -> str | None:
    """UNCL 5305: `S` where VAT is charged, else what the treatment says; None where neither tells."""
    if rate:
        return "S"
    found = _CATEGORIES.get(treatment)
    return found.code if found and rate is not None else None


def exemption_code(treatment: TaxTreatment) -> str | None:
    """The VATEX code of a treatment without VAT."""
    found = _CATEGORIES.get(treatment)
    return found.exemption if found else None

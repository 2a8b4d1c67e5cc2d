"""Tax on documents: one treatment a document, a breakdown by rate."""

from enum import StrEnum

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
    net: Amount
    """Taxable amount (BT-116)."""
    tax: Amount
    """VAT amount (BT-117)."""

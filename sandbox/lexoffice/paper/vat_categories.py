"""The tax case of a document in the code list of EN 16931 (UNTDID 5305), with the reason where one is due."""

from decimal import Decimal

import msgspec

from sandbox.lexoffice import taxes


class Category(msgspec.Struct, frozen=True):
    code: str
    exemption: str | None = None
    """Code of the reason (VATEX); the reason in words is the document's own note."""
    needs_buyer_vat_id: bool = False


STANDARD, ZERO = Category("S"), Category("Z")
OF_TYPE = {
    "vatfree": Category("E"),
    "intraCommunitySupply": Category("K", "VATEX-EU-IC", needs_buyer_vat_id=True),
    "constructionService13b": Category("AE", "VATEX-EU-AE", needs_buyer_vat_id=True),
    "externalService13b": Category("AE", "VATEX-EU-AE", needs_buyer_vat_id=True),
    "thirdPartyCountryService": Category("G", "VATEX-EU-G"),
    "thirdPartyCountryDelivery": Category("G", "VATEX-EU-G"),
    "photovoltaicEquipment": ZERO,
}


def category_of(tax_type: str, rate: Decimal) -> Category:
    return OF_TYPE.get(tax_type, STANDARD if rate else ZERO)


def reason_of(tax_type: str, note: str | None) -> str | None:
    """The reason of an exemption in words; none where tax is charged or the rate is simply zero."""
    if tax_type in OF_TYPE and OF_TYPE[tax_type] is not ZERO:
        return note or taxes.TAX_TYPES[tax_type].note
    return None

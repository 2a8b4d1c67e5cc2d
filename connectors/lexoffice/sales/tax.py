"""The VAT rule of a document: the vendor's `taxType` and `taxSubType` against ours, both ways.

Source: "Tax conditions" (read 2026-11-20). `net` and `gross` differ in the leading price only.
"""

from connectors.base.connector import Identity
from schemas.tax import TaxTreatment

RATED = ("net", "gross")
SUB_TYPES = {
    None: TaxTreatment.STANDARD,
    "distanceSales": TaxTreatment.DISTANCE_SALES,
    "electronicServices": TaxTreatment.ELECTRONIC_SERVICES,
}
"""Of `net` and `gross`."""

FREE = {
    "vatfree": TaxTreatment.EXEMPT,
    "intraCommunitySupply": TaxTreatment.INTRA_COMMUNITY_SUPPLY,
    "constructionService13b": TaxTreatment.CONSTRUCTION_REVERSE_CHARGE,
    "externalService13b": TaxTreatment.SERVICE_REVERSE_CHARGE,
    "thirdPartyCountryService": TaxTreatment.EXPORT_OF_SERVICES,
    "thirdPartyCountryDelivery": TaxTreatment.EXPORT_OF_GOODS,
    "photovoltaicEquipment": TaxTreatment.PHOTOVOLTAIC_EQUIPMENT,
}
"""Types whose only rate is 0 and whose leading price is net."""

READ = {
    **{(rated, sub): treatment for rated in RATED for sub, treatment in SUB_TYPES.items()},
    **{(free, None): treatment for free, treatment in FREE.items()},
}
FREE_TYPE = {treatment: free for free, treatment in FREE.items()}
SUB_TYPE = {treatment: sub for sub, treatment in SUB_TYPES.items()}


def treatment(tax_type: str, sub_type: str | None) -> TaxTreatment:
    """The unified rule; `unknown` for words not known yet."""
    return READ.get((tax_type, sub_type), TaxTreatment.UNKNOWN)


def vendor_words(tax_type: str, sub_type: str | None) -> str:
    """`net`, or `net/distanceSales`."""
    return tax_type if sub_type is None else f"{tax_type}/{sub_type}"


def vendor_type(
    treatment: TaxTreatment, prices_include_tax: bool | None, identity: Identity
) -> tuple[str, str | None]:
    """`taxType` and `taxSubType` to write. Left out, the price mode is the company's own default.

    A company exempt from VAT may use no other type than `vatfree`, so standard means exempt there.
    """
    if treatment in FREE_TYPE:
        return FREE_TYPE[treatment], None
    exempt = identity.price_mode == "tax_free" and treatment is TaxTreatment.STANDARD
    if exempt and not prices_include_tax:
        return "vatfree", None
    if prices_include_tax is None:
        prices_include_tax = identity.price_mode == "gross"
    return "gross" if prices_include_tax else "net", SUB_TYPE[treatment]

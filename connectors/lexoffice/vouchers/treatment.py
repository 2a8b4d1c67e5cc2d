"""The VAT rule of a voucher. Vouchers know only `net` and `gross`: the posting category tells the case.

By the ids that the vendor publishes, which are the same at every company. Source: "Posting Categories",
"Distance sales" (read 2026-11-20). Of all other categories nobody can tell why they carry no VAT.
"""

from collections.abc import Iterable
from decimal import Decimal

from schemas.tax import TaxTreatment

CASES = {
    "8f8664a8-fd86-11e1-a21f-0800200c9a66": TaxTreatment.STANDARD,  # goods
    "8f8664a0-fd86-11e1-a21f-0800200c9a66": TaxTreatment.STANDARD,  # services
    "8f8664a1-fd86-11e1-a21f-0800200c9a66": TaxTreatment.STANDARD,  # income
    "9075a4e3-66de-4795-a016-3889feca0d20": TaxTreatment.INTRA_COMMUNITY_SUPPLY,
    "380a20cb-d04c-426e-b49c-84c22adfa362": TaxTreatment.SERVICE_REVERSE_CHARGE,
    "93d24c20-ea84-424e-a731-5e1b78d1e6a9": TaxTreatment.EXPORT_OF_GOODS,
    "ef5b1a6e-f690-4004-9a19-91276348894f": TaxTreatment.EXPORT_OF_SERVICES,
    "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207": TaxTreatment.EXEMPT,  # small businesses, since 2026-04-28
    "7a1efa0e-6283-4cbf-9583-8e88d3ba5960": TaxTreatment.EXEMPT,  # small businesses, before
    "7c112b66-0565-479c-bc18-5845e080880a": TaxTreatment.DISTANCE_SALES,
    "4ebd965a-7126-416c-9d8c-a5c9366ee473": TaxTreatment.DISTANCE_SALES,
    "d73b880f-c24a-41ea-a862-18d90e1c3d82": TaxTreatment.ELECTRONIC_SERVICES,
    "7ecea006-844c-4c98-a02d-aa3142640dd5": TaxTreatment.ELECTRONIC_SERVICES,
}
AT_DESTINATION = ("4ebd965a-7126-416c-9d8c-a5c9366ee473", "7ecea006-844c-4c98-a02d-aa3142640dd5")
"""Categories that take the rates of other member states."""


def of_line(category_id: str | None, rate: Decimal | None) -> TaxTreatment:
    """The rule of one amount; `unknown` where it carries no VAT and nobody says why."""
    found = CASES.get(category_id or "")
    if found is not None:
        return found
    return TaxTreatment.STANDARD if rate else TaxTreatment.UNKNOWN


def of_document(lines: Iterable[TaxTreatment]) -> TaxTreatment:
    """The rule of them all. Amounts without VAT and reason, such as tips, do not count beside others."""
    told = {treatment for treatment in lines if treatment is not TaxTreatment.UNKNOWN}
    return told.pop() if len(told) == 1 else TaxTreatment.UNKNOWN

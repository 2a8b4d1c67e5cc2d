"""Which related document came first. The vendor does not say; where one kind can only follow the other, the
kinds tell. Source: "Following documents" (read 2026-11-20).
"""

from connectors.lexoffice.native.sales import RelatedVoucher
from schemas.documents import DocumentReference

RESOURCE = {
    "invoice": "invoices",
    "creditnote": "credit-notes",
    "quotation": "quotes",
    "orderconfirmation": "sales-orders",
    "deliverynote": "delivery-notes",
    "downpaymentinvoice": "down-payment-invoices",
    "dunning": "dunnings",
    "salesinvoice": "sales-vouchers",
    "salescreditnote": "sales-vouchers",
    "purchaseinvoice": "bills",
    "purchasecreditnote": "vendor-credits",
}
"""Unified resources by the vendor's voucher type."""
MADE_FROM = {
    "orderconfirmation": {"quotation"},
    "deliverynote": {"quotation", "orderconfirmation", "invoice"},
    "invoice": {"quotation", "orderconfirmation", "deliverynote", "downpaymentinvoice"},
    "creditnote": {"invoice"},
    "dunning": {"invoice", "downpaymentinvoice"},
}
"""Kinds by what they can follow. An invoice and a delivery note can follow each other: nobody can tell."""
FIRST, LATER, UNTOLD = "preceding_documents", "following_documents", "related_documents"


def references(own: str, related: list[RelatedVoucher] | None) -> dict[str, list[DocumentReference]]:
    """The three lists of a document of the voucher type `own`; each reference stands in one of them."""
    lists: dict[str, list[DocumentReference]] = {FIRST: [], LATER: [], UNTOLD: []}
    for voucher in related or ():
        lists[_place(own, voucher.voucher_type)].append(
            DocumentReference(
                id=voucher.id,
                number=voucher.voucher_number,
                resource=RESOURCE.get(voucher.voucher_type),
                vendor_type=voucher.voucher_type,
            )
        )
    return lists


def _place(own: str, other: str) -> str:
    before = other in MADE_FROM.get(own, ())
    after = own in MADE_FROM.get(other, ())
    if before == after:
        return UNTOLD
    return FIRST if before else LATER

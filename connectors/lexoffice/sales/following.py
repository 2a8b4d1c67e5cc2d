"""Which documents the vendor's API makes of which, and what keeps it from one of them. Pure.

Source: "Following documents" (read 2026-11-20). The chain is a picture there: what the text does not name is
not offered.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from connectors.lexoffice.native.sales import SalesVoucher
from connectors.lexoffice.sales.references import MADE_FROM, RESOURCE
from schemas.documents import DocumentStatus

BY_HAND = {("downpaymentinvoice", "invoice")}
"""Closing invoices are made in the application only."""
FINALIZE = "Finalize it in Lexware Office; `links` lead there."
NOTHING_TO_DO = "Nothing is left to do."


class Trait(StrEnum):
    """What else than its status decides what a document can be made into."""

    CHOICES = "choices"
    """Optional lines or alternatives."""
    CREDITED = "credited"
    CLOSING = "closing"


class Obstacle(NamedTuple):
    """Why not, and what to do instead."""

    reason: str
    alternative: str


OF_DRAFTS = Obstacle("A draft is followed by nothing.", FINALIZE)
"""Of any kind but quotes."""
BY_STATUS = {
    ("credit-notes", DocumentStatus.VOID): Obstacle("It is void already.", NOTHING_TO_DO),
    ("dunnings", DocumentStatus.VOID): Obstacle("It is void: nothing is owed.", NOTHING_TO_DO),
    ("dunnings", DocumentStatus.PAID): Obstacle("It is paid: nothing is owed.", NOTHING_TO_DO),
}
CREDITED = Obstacle(
    "A credit note corrects it already; there can be one only.",
    "Correct it further in Lexware Office; `links` lead there.",
)
CLOSING = Obstacle(
    "Lexware Office takes no credit note for a closing invoice by its API.",
    "Write it in Lexware Office; `links` lead there.",
)
CHOICES = Obstacle(
    "Lexware Office makes nothing of a quote with optional lines or alternatives.",
    "Create the next document with the lines that were chosen.",
)
BY_TRAIT = {
    ("sales-orders", Trait.CHOICES): CHOICES,
    ("delivery-notes", Trait.CHOICES): CHOICES,
    ("invoices", Trait.CHOICES): CHOICES,
    ("credit-notes", Trait.CREDITED): CREDITED,
    ("credit-notes", Trait.CLOSING): CLOSING,
}


def followers(voucher_type: str) -> tuple[str, ...]:
    """Resources that can be made of a document of this type."""
    return tuple(
        RESOURCE[after]
        for after, before in MADE_FROM.items()
        if voucher_type in before and (voucher_type, after) not in BY_HAND
    )


def traits(raw: SalesVoucher) -> frozenset[Trait]:
    """Of a document as it stands."""
    return frozenset(_traits(raw))


def _traits(raw: SalesVoucher) -> Iterator[Trait]:
    if any(line.optional or line.sub_items for line in raw.line_items):
        yield Trait.CHOICES
    if any(voucher.voucher_type == "creditnote" for voucher in raw.related_vouchers or ()):
        yield Trait.CREDITED
    if raw.closing_invoice:
        yield Trait.CLOSING


def obstacle(
    voucher_type: str, to: str, status: DocumentStatus, standing: frozenset[Trait]
) -> Obstacle | None:
    """What keeps a document from being made into `to`; None when nothing does that is known."""
    if status is DocumentStatus.DRAFT and voucher_type != "quotation":
        return OF_DRAFTS
    if (found := BY_STATUS.get((to, status))) is not None:
        return found
    found = (BY_TRAIT.get((to, trait)) for trait in Trait if trait in standing)
    return next(filter(None, found), None)

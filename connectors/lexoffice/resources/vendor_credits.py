"""Vendor credits over /v1/vouchers and the voucher list. No delete: Lexware offers none.

Source: "Vouchers" (read 2026-11-20).
"""

from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.vouchers import reading, writing
from connectors.lexoffice.vouchers.documents import Vouchers
from connectors.lexoffice.vouchers.kinds import TYPE_CODE, View, words
from schemas.trade_parties import SellerInput
from schemas.vendor_credits import VendorCredit, VendorCreditInput, VendorCreditSummary

NOUN = Noun(
    resource="vendor-credits",
    path="vouchers",
    singular="vendor credit",
    type_code=TYPE_CODE["purchasecreditnote"],
    voucher_type="purchasecreditnote",
    words=words("paidoff"),
    summary=VendorCreditSummary,
    due=True,
    party="supplier",
    undated=True,
)


def to_unified(raw: native.Voucher, view: View, row: Row | None = None) -> VendorCredit:
    """A vendor credit in unified words. `row`: the voucher list's of it, which alone tells what is open."""
    return VendorCredit(**reading.shared_fields(raw, NOUN, view, row))


def to_input(credit: VendorCredit) -> VendorCreditInput:
    """The writable part of a vendor credit, as it stands."""
    return VendorCreditInput(**writing.writable(credit, NOUN, SellerInput))


class VendorCredits(Vouchers[VendorCredit, VendorCreditInput]):
    """Vendor credits of one connection."""

    noun = NOUN
    to_unified = staticmethod(to_unified)
    to_input = staticmethod(to_input)

"""Bills over /v1/vouchers and the voucher list. No delete: Lexware offers none.

Source: "Vouchers" (read 2026-11-20).
"""

from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.vouchers import reading, writing
from connectors.lexoffice.vouchers.documents import Vouchers
from connectors.lexoffice.vouchers.kinds import TYPE_CODE, View, words
from schemas.bills import Bill, BillInput, BillSummary
from schemas.trade_parties import SellerInput

NOUN = Noun(
    resource="bills",
    path="vouchers",
    singular="bill",
    type_code=TYPE_CODE["purchaseinvoice"],
    voucher_type="purchaseinvoice",
    words=words("paid"),
    summary=BillSummary,
    due=True,
    party="supplier",
    undated=True,
)


def to_unified(raw: native.Voucher, view: View, row: Row | None = None) -> Bill:
    """A bill in unified words. `row`: the voucher list's of it, which alone tells what is open."""
    return Bill(**reading.shared_fields(raw, NOUN, view, row))


def to_input(bill: Bill) -> BillInput:
    """The writable part of a bill, as it stands."""
    return BillInput(**writing.writable(bill, NOUN, SellerInput))


class Bills(Vouchers[Bill, BillInput]):
    """Bills of one connection."""

    noun = NOUN
    to_unified = staticmethod(to_unified)
    to_input = staticmethod(to_input)

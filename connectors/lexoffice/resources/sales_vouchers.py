"""Sales invoiced elsewhere over /v1/vouchers and the voucher list. No delete: Lexware offers none.

Both of the vendor's types are one resource, told apart by `kind`: whoever records sales of another system
reads them as one register, and credit notes written in Lexware are another noun. Source: "Vouchers" (read
2026-11-20).
"""

from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.vouchers import reading, writing
from connectors.lexoffice.vouchers.documents import Vouchers
from connectors.lexoffice.vouchers.kinds import View, words
from schemas.sales_vouchers import SaleKind, SalesVoucher, SalesVoucherInput, SalesVoucherSummary
from schemas.terms import ServicePeriodInput
from schemas.trade_parties import BuyerInput

KINDS: dict[str, str] = {SaleKind.INVOICE: "salesinvoice", SaleKind.CREDIT_NOTE: "salescreditnote"}
KIND = {theirs: SaleKind(ours) for ours, theirs in KINDS.items()}
NOUN = Noun(
    resource="sales-vouchers",
    path="vouchers",
    singular="sales voucher",
    type_code=None,
    voucher_type=",".join(KINDS.values()),
    words=words("paid,paidoff"),
    summary=SalesVoucherSummary,
    due=True,
    party="customer",
    undated=True,
    kinds=KINDS,
)


def to_unified(raw: native.Voucher, view: View, row: Row | None = None) -> SalesVoucher:
    """A sale in unified words. `row`: the voucher list's of it, which alone tells what is open."""
    return SalesVoucher(**reading.shared_fields(raw, NOUN, view, row), kind=KIND[raw.type])


def to_input(voucher: SalesVoucher) -> SalesVoucherInput:
    """The writable part of a sale, as it stands."""
    period = voucher.service_period
    return SalesVoucherInput(
        **writing.writable(voucher, NOUN, BuyerInput),
        kind=voucher.kind.value,
        service_period=None
        if period is None
        else ServicePeriodInput(kind=period.kind, starts_on=period.starts_on, ends_on=period.ends_on),
    )


class SalesVouchers(Vouchers[SalesVoucher, SalesVoucherInput]):
    """Sales invoiced elsewhere, of one connection."""

    noun = NOUN
    to_unified = staticmethod(to_unified)
    to_input = staticmethod(to_input)

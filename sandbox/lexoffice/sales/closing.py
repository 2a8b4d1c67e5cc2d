"""Closing invoices: made in the app alone, they deduct what down payment invoices have brought in."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.lexoffice import money
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.sales import pursuit, settling
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.state import Document

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin


def close(twin: "Twin", invoice: Document, parts: list[Document]) -> None:
    """Turn a draft into the closing invoice of `parts`: what each received is taken off what is claimed."""
    if any(not _may_be_deducted(part) for part in parts):
        raise NotPossible("only finalized down payment invoices without a closing invoice can be deducted")
    deductions = [_deduction(part) for part in parts]
    invoice.deducted = sum((row["receivedGrossAmount"] for row in deductions), money.ZERO)
    invoice.body |= {
        "closingInvoice": True,
        "claimedGrossAmount": money.cents((invoice.total or money.ZERO) - invoice.deducted),
        "downPaymentDeductions": deductions,
    }
    for part in parts:
        part.body["closingInvoiceId"] = invoice.id
        pursuit.link(invoice, part)
        settling.touch(twin, part)


def _may_be_deducted(part: Document) -> bool:
    return (
        part.kind == "down-payment-invoices"
        and part.status in ("open", "paid")
        and "closingInvoiceId" not in part.body
    )


def _deduction(part: Document) -> dict[str, Any]:
    """What one down payment invoice received; it has one line and so one rate."""
    rate = part.body["taxAmounts"][0]["taxRatePercentage"]
    gross = money.cents(sum((payment.amount for payment in part.payments), Decimal(0)))
    net = money.cents(money.net_of(gross, rate))
    return {
        "id": part.id,
        "voucherType": KINDS[part.kind].listed_as,
        "title": part.body["title"],
        "voucherNumber": part.number,
        "voucherDate": shown(part.voucher_date),
        "receivedGrossAmount": gross,
        "receivedNetAmount": net,
        "receivedTaxAmount": gross - net,
        "taxRatePercentage": rate,
    }

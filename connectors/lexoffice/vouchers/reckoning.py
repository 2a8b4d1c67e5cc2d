"""What the lines of a recorded document come to, as the vendor demands it. Pure.

The vendor computes nothing of a voucher: each item has to carry the VAT of its own amount, and both totals
have to be the sums of the items, to the cent. Source: "Vouchers" (read 2026-11-20; mismatches are refused,
measured 2026-08-20).
"""

from decimal import Decimal

from connectors.base.mapping import NOTHING, plain
from connectors.base.taxation import shares
from connectors.lexoffice.native.vouchers import VoucherItem
from schemas.recorded_documents import RecordedDocumentInput, RecordedLineInput


def line_tax(line: RecordedLineInput, *, gross: bool) -> Decimal:
    """VAT of one line by its rate, half up; `gross` says that the amount includes it."""
    return shares(line.amount, line.tax_rate, gross=gross)[1]


def items(body: RecordedDocumentInput) -> list[VoucherItem]:
    """The lines in the vendor's words, with the VAT as printed, else by the rate."""
    gross = body.prices_include_tax
    return [
        VoucherItem(
            amount=plain(line.amount),
            tax_amount=plain(line_tax(line, gross=gross) if line.amount_tax is None else line.amount_tax),
            tax_rate_percent=plain(line.tax_rate),
            category_id=line.account_id,
        )
        for line in body.lines
    ]


def sums(written: list[VoucherItem], *, gross: bool) -> tuple[Decimal, Decimal]:
    """Total with VAT, and VAT in it."""
    amounts = sum((item.amount or NOTHING for item in written), NOTHING)
    taxes = sum((item.tax_amount or NOTHING for item in written), NOTHING)
    return amounts if gross else amounts + taxes, taxes

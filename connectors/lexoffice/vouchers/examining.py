"""What a recorded document would come to, and what tax says to it, before anything is sent. Pure."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.base.errors import FieldError
from connectors.base.examination import Examination
from connectors.base.mapping import CENT, NOTHING
from connectors.base.taxation import breakdown
from connectors.lexoffice.misfits import misfit
from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.sales.examining import allowed_rates, relevant_day
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.vouchers import reading, treatment, writing
from connectors.lexoffice.vouchers.reckoning import line_tax
from schemas.recorded_documents import RecordedDocumentInput
from schemas.tax import TaxTreatment

TAKEN = tuple(map(Decimal, (0, 5, 7, 16, 19)))
"""Rates that vouchers take on any day, but for sales taxed in another member state."""


def examine(body: RecordedDocumentInput, noun: Noun) -> Examination:
    """Sums as they are sent, and what stands against them."""
    day = relevant_day(body)
    abroad = any(line.account_id in treatment.AT_DESTINATION for line in body.lines)
    written = writing.parts(body, noun)
    lines = [
        reading.line(item, place, body.prices_include_tax, None)
        for place, item in enumerate(written.voucher_items, 1)
    ]
    rules = [treatment.of_line(line.account_id, line.tax_rate) for line in body.lines]
    return Examination(
        totals=reading.totals(_as_booked(written), lines, None),
        tax_breakdown=tuple(reading.breakdown(lines, rules)),
        relevant_on=day,
        allowed_rates=None if abroad else TAKEN,
        problems=tuple(_problems(body)),
        warnings=(*_rates_of_another_day(body, day), *_cents_apart(body)),
    )


def _as_booked(written: native.VoucherParts) -> native.Voucher:
    return native.Voucher(
        id="",
        type=written.type,
        voucher_status="",
        total_gross_amount=written.total_gross_amount,
        total_tax_amount=written.total_tax_amount,
    )


def _problems(body: RecordedDocumentInput) -> Iterator[FieldError]:
    for index, line in enumerate(body.lines):
        if line.account_id not in treatment.AT_DESTINATION and line.tax_rate not in TAKEN:
            known = ", ".join(map(str, TAKEN))
            yield misfit(f"lines[{index}].taxRate", "rate_not_taken", f"Lexware Office takes {known}.")
        elif line.amount_tax is not None:
            computed = line_tax(line, gross=body.prices_include_tax)
            if abs(line.amount_tax - computed) > CENT:
                message = f"At {line.tax_rate} % it would be {computed}."
                yield misfit(f"lines[{index}].amountTax", "tax_does_not_fit", message)


def _rates_of_another_day(body: RecordedDocumentInput, day: date) -> Iterator[FieldError]:
    in_force = allowed_rates(TaxTreatment.STANDARD, "gross", day) or TAKEN
    for index, line in enumerate(body.lines):
        if line.tax_rate in TAKEN and line.tax_rate not in in_force:
            message = f"On {day} this was no German rate."
            yield misfit(f"lines[{index}].taxRate", "rate_not_in_force", message)


def _cents_apart(body: RecordedDocumentInput) -> Iterator[FieldError]:
    """The vendor wants VAT by line; an invoice is rounded by rate, and may print a few cents more or less."""
    groups: dict[Decimal, Decimal] = {}
    for line in body.lines:
        groups[line.tax_rate] = groups.get(line.tax_rate, NOTHING) + line.amount
    gross = body.prices_include_tax
    by_rate = sum((share.tax for share in breakdown(groups, gross=gross)), NOTHING)
    by_line = sum(
        (line_tax(line, gross=gross) if line.amount_tax is None else line.amount_tax for line in body.lines),
        NOTHING,
    )
    if by_rate != by_line:
        message = f"VAT by line comes to {by_line}, by rate to {by_rate}: compare with the original."
        yield misfit("lines", "tax_rounding", message)

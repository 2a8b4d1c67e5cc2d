"""Payment terms as the vendor takes them: the printed label always goes with the numbers.

A duration without its label was refused, or replaced by the company's default (JannikWempe PR 5, MARS).
"""

from connectors.base.mapping import plain
from connectors.lexoffice.native import invoices as native
from schemas.documents import PaymentTermsInput


def payment_conditions(terms: PaymentTermsInput) -> native.PaymentConditions:
    """The terms; without a description a German sentence is made from the numbers."""
    early = terms.cash_discount
    return native.PaymentConditions(
        payment_term_label=terms.description or label(terms),
        payment_term_duration=terms.due_days,
        payment_discount_conditions=native.PaymentDiscountConditions(
            discount_percentage=plain(early.percentage), discount_range=early.days
        )
        if early
        else None,
    )


def label(terms: PaymentTermsInput) -> str:
    """`10 Tage 2,5 % Skonto, 30 Tage netto`, or `Zahlbar innerhalb von 30 Tagen ohne Abzug`."""
    early, days = terms.cash_discount, terms.due_days
    if early:
        rate = str(plain(early.percentage)).replace(".", ",")
        return f"{_days(early.days)} {rate} % Skonto, {_days(days)} netto"
    if days == 0:
        return "Zahlbar sofort ohne Abzug"
    return f"Zahlbar innerhalb von {'einem Tag' if days == 1 else f'{days} Tagen'} ohne Abzug"


def _days(days: int) -> str:
    return "1 Tag" if days == 1 else f"{days} Tage"

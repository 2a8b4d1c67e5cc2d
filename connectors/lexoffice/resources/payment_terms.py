"""Payment terms over /v1/payment-conditions. Source: "Payment Conditions" (read 2026-11-20)."""

from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.mapping import plain
from connectors.base.paging import ListQuery, Page, Record
from connectors.lexoffice.native import masterdata as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.sales import PaymentDiscountConditions
from connectors.lexoffice.whole_lists import WholeList
from schemas.payment_terms import CashDiscountRule, PaymentTerm

DECODER = decoder(native.PaymentCondition)


class PaymentTerms:
    """Payment conditions of one connection. Made and changed in the application only."""

    def __init__(self, session: Session) -> None:
        self._conditions = WholeList(session, "payment-conditions", "payment-terms", _record)

    async def list(self, query: ListQuery) -> Page[PaymentTerm]:
        """All terms, in the vendor's order. One call a page."""
        return await self._conditions.page(query)

    async def get(self, id: str) -> Record[PaymentTerm]:
        """One of them, one call."""
        return await self._conditions.one(id)


def _record(raw: Raw) -> Record[PaymentTerm]:
    return Record(data=to_unified(DECODER.decode(raw)), raw=raw)


def to_unified(raw: native.PaymentCondition) -> PaymentTerm:
    """A condition in unified words."""
    return PaymentTerm(
        id=raw.id,
        label=raw.payment_term_label_template,
        due_days=raw.payment_term_duration,
        cash_discount=cash_discount(raw.payment_discount_conditions),
        default=raw.organization_default,
    )


def cash_discount(raw: PaymentDiscountConditions | None) -> CashDiscountRule | None:
    """Skonto as agreed."""
    if raw is None:
        return None
    return CashDiscountRule(percentage=plain(raw.discount_percentage), days=raw.discount_range)

"""Accounts over /v1/posting-categories. Source: "Posting Categories" (read 2026-11-20).

Lexware hides its chart of accounts behind categories: no number, no balance, no way to add one.
"""

from decimal import Decimal

from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.paging import ListQuery, Page, Record
from connectors.lexoffice.native import masterdata as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.whole_lists import WholeList
from schemas.accounts import Account, AccountClass, AccountKind, SuggestedCode

DECODER = decoder(native.PostingCategory)
CLASS = {"income": AccountClass.REVENUE, "outgo": AccountClass.EXPENSE}


def _codes(skr03: str, skr04: str, tax_rate: Decimal | None = None) -> SuggestedCode:
    return SuggestedCode(skr03=skr03, skr04=skr04, tax_rate=tax_rate, source="inferred")


_TAXED = [_codes("8400", "4400", Decimal(19)), _codes("8300", "4300", Decimal(7))]
_SMALL_BUSINESS = [_codes("8195", "4185")]
SUGGESTED = {
    "8f8664a8-fd86-11e1-a21f-0800200c9a66": _TAXED,  # goods
    "8f8664a0-fd86-11e1-a21f-0800200c9a66": _TAXED,  # services
    "9075a4e3-66de-4795-a016-3889feca0d20": [_codes("8125", "4125")],  # goods to an EU business
    "380a20cb-d04c-426e-b49c-84c22adfa362": [_codes("8336", "4336")],  # services to an EU business
    "93d24c20-ea84-424e-a731-5e1b78d1e6a9": [_codes("8120", "4120")],  # exported goods
    "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207": _SMALL_BUSINESS,  # since 2026-04-28
    "7a1efa0e-6283-4cbf-9583-8e88d3ba5960": _SMALL_BUSINESS,  # before
}
"""By the published ids, which are the same at every company; never by name. All others have no suggestion:
their purpose does not decide one account of the charts."""


class Accounts:
    """Posting categories of one connection."""

    def __init__(self, session: Session) -> None:
        self._categories = WholeList(session, "posting-categories", "accounts", _record)

    async def list(self, query: ListQuery) -> Page[Account]:
        """All categories, in the vendor's order; 231 were counted (measured 2026-07-18). One call a page."""
        return await self._categories.page(query)

    async def get(self, id: str) -> Record[Account]:
        """One category, one call."""
        return await self._categories.one(id)


def _record(raw: Raw) -> Record[Account]:
    return Record(data=to_unified(DECODER.decode(raw)), raw=raw)


def to_unified(raw: native.PostingCategory) -> Account:
    """A category in unified words."""
    return Account(
        id=raw.id,
        name=raw.name,
        kind=AccountKind.POSTING_CATEGORY,
        account_class=CLASS.get(raw.type, AccountClass.UNKNOWN),
        vendor_class=raw.type,
        group=raw.group_name,
        code=None,
        suggested_codes=SUGGESTED.get(raw.id, []),
        allows_tax_split=raw.split_allowed,
        requires_contact=raw.contact_required,
    )

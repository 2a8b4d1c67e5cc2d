"""The vendor's four types of bookkeeping vouchers, and what follows from each."""

from collections.abc import Callable
from datetime import date

from msgspec import Struct

from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.sales.noun import OPEN, Noun
from schemas.base import AllowedAction

TYPE_CODE = {
    "purchaseinvoice": "380",
    "purchasecreditnote": "381",
    "salesinvoice": "380",
    "salescreditnote": "381",
}
"""UNTDID 1001."""
INCOMING = ("salesinvoice", "purchasecreditnote")
"""What the connected company is paid; the others it pays."""
SIDE = {"supplier": "seller", "customer": "buyer"}
"""Where a document tells of the other party."""
BLANK, UNCHECKED, BOOKED, VOID = "blank", "unchecked", "open", "voided"
TO_REVIEW = (BLANK, UNCHECKED)
"""States of what nobody has checked yet; the voucher list has no `blank`."""


def words(settled: str) -> dict[str, str]:
    """The voucher list's words for the unified states; `settled` is what paid ones are called."""
    return {"draft": UNCHECKED, "open": OPEN, "paid": settled, "void": VOID}


def types(noun: Noun) -> list[str]:
    """The vendor's types that the noun holds."""
    return noun.voucher_type.split(",")


def party_path(noun: Noun) -> str:
    """Where the id of the other party is: `seller.supplierId`."""
    return f"{SIDE[noun.party]}.{noun.party}Id"


class View(Struct, frozen=True, kw_only=True):
    """What a voucher is read against, beside itself."""

    app: str
    """The vendor's application, for deep links."""
    today: date
    """In Berlin; lateness is reckoned from it."""
    company: str | None
    """Name of the connected company."""
    actions: Callable[[native.Voucher], list[AllowedAction]]
    """What can be done with it as it stands."""

"""What a document comes to (EN 16931 BG-22), and the discount on all of it (BG-20)."""

from schemas.base import Input, Unified
from schemas.money import Amount, Percentage


class Totals(Unified, kw_only=True, frozen=True):
    """Totals in the document's currency. Net, tax and gross are the vendor's own, never Kontor's sums."""

    lines: Amount | None
    """Sum of the lines that count, before the document's discount (BT-106); with VAT when `pricesIncludeTax`.

    None where the document has no prices.
    """
    discount: Amount | None
    """What the discount on the whole document comes to (BT-107), on the same side as `lines`."""
    net: Amount | None
    """Sum without VAT (BT-109)."""
    tax: Amount | None
    """VAT (BT-110)."""
    gross: Amount | None
    """Sum with VAT (BT-112)."""
    prepaid: Amount | None
    """Down payments taken off, VAT included (BT-113); None where the vendor states none."""
    payable: Amount | None
    """What the document asks for: gross less what was prepaid (BT-115)."""
    open: Amount | None
    """Still to be paid; None when this answer's source does not tell (see `meta.completeness`)."""


class Discount(Unified, kw_only=True, frozen=True):
    """Discount on the whole document: one of both is set."""

    percentage: Percentage | None
    """In per cent (BT-94)."""
    amount: Amount | None
    """In the currency (BT-92); on the net sum, or the gross sum when `pricesIncludeTax`."""


class DiscountInput(Input, kw_only=True, frozen=True):
    """Discount on the whole document: give exactly one."""

    percentage: Percentage | None = None
    amount: Amount | None = None

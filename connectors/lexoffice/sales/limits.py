"""What Lexware Office takes in a field of a sales document, beyond what the model says. Told, and checked."""

from collections.abc import Mapping

from connectors.base.examination import Limit
from connectors.base.needs import Access
from connectors.lexoffice.sales.following import followers
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.sales.writing import LANGUAGES
from schemas.tax import TaxTreatment

ALWAYS = {
    "language": Limit(values=LANGUAGES, reason="Lexware Office prints in de and en."),
    "precedingDocuments": Limit(most=1, reason="Lexware Office links one document at creation."),
}
SMALL = {
    "taxTreatment": Limit(
        values=(TaxTreatment.STANDARD, TaxTreatment.EXEMPT),
        reason="A company without VAT writes documents without VAT only; `standard` means that here.",
    ),
    "lines[].taxRate": Limit(values=("0",), reason="A company without VAT charges none."),
}
NO_CHOICES = Limit(
    writable=False,
    reason="At Lexware Office only priced lines of quotes are optional or have alternatives.",
)


def no_line_discount(noun: Noun) -> Limit:
    """Of kinds whose lines have none."""
    reason = f"Lines of {noun.singular}s have no discounts: give the discounted unitPrice."
    return Limit(writable=False, reason=reason)


def following(noun: Noun) -> Limit:
    """The resources that documents of the kind can be made into."""
    known = followers(noun.voucher_type)
    return Limit(values=known, reason=f"Of {noun.singular}s Lexware Office makes {', '.join(known)} only.")


def limits(access: Access, noun: Noun) -> Mapping[str, Limit]:
    """By path, for a document of the kind and a company of this tax status."""
    found = ALWAYS | SMALL if access.price_mode == "tax_free" else dict(ALWAYS)
    if not noun.choices:
        found |= {"lines[].optional": NO_CHOICES, "lines[].alternatives": NO_CHOICES}
    if not noun.line_discounts:
        found["lines[].discountPercentage"] = no_line_discount(noun)
    return found

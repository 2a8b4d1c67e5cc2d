"""What Lexware Office takes in a field of a sales document, beyond what the model says. Told, and checked."""

from collections.abc import Mapping

from connectors.base.examination import Limit
from connectors.base.needs import Access
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
NO_LINE_DISCOUNT = Limit(
    writable=False, reason="Credit notes have no line discounts: give the discounted unitPrice."
)


def limits(access: Access) -> Mapping[str, Limit]:
    """By path, for a company of this tax status."""
    return ALWAYS | SMALL if access.price_mode == "tax_free" else ALWAYS

"""What the vendor is certain to refuse of a document, told at once and in the caller's words. Pure.

Only what is certain: anything the vendor might take is sent. What it has no place for is refused by name,
never dropped.
"""

from collections.abc import Iterator

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.lexoffice.days import day_misfits
from connectors.lexoffice.misfits import id_misfits, misfit, unheld
from connectors.lexoffice.sales import tax
from connectors.lexoffice.sales.limits import NO_CHOICES, no_line_discount
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.sales.writing import LANGUAGES
from schemas.lines import AlternativeInput, LineInput
from schemas.sales_documents import SalesDocumentInput
from schemas.tax import TaxTreatment
from schemas.totals import DiscountInput

PRICED = {"quantity": "quantity", "unitName": "unit_name", "unitPrice": "unit_price"}
"""What every line but text must have, by the name in paths."""
NOT_ON_TEXT = {
    **PRICED,
    "taxRate": "tax_rate",
    "discountPercentage": "discount_percentage",
    "itemId": "item_id",
}


def document_misfits(body: SalesDocumentInput, identity: Identity, noun: Noun) -> Iterator[FieldError]:
    """What any sales voucher of the kind shares."""
    yield from day_misfits("issuedOn", body.issued_on)
    yield from _buyer_misfits(body)
    tax_type, _ = tax.vendor_type(TaxTreatment(body.tax_treatment), body.prices_include_tax, identity)
    free = tax_type in tax.FREE
    if free and body.prices_include_tax:
        yield misfit("pricesIncludeTax", "invalid", f"Prices include no tax with {body.tax_treatment}.")
    for index, line in enumerate(body.lines):
        yield from _choice_misfits(f"lines[{index}]", line, free, noun)
        yield from _line_misfits(f"lines[{index}]", line, free, noun)
    yield from discount_misfits(body.discount)
    if body.language not in (None, *LANGUAGES):
        yield unheld("language", "Lexware Office prints in de and en.")
    yield from id_misfits("printLayoutId", body.print_layout_id)
    for index, preceding in enumerate(body.preceding_documents):
        yield from id_misfits(f"precedingDocuments[{index}].id", preceding.id)
        if index:
            yield unheld(
                f"precedingDocuments[{index}]",
                "Lexware Office links one document at creation.",
            )


def discount_misfits(discount: DiscountInput | None) -> Iterator[FieldError]:
    """A discount on the whole document that says nothing, or two things."""
    if discount and (discount.percentage is None) == (discount.amount is None):
        yield misfit("discount", "invalid", "Give exactly one of percentage and amount.")


def _buyer_misfits(body: SalesDocumentInput) -> Iterator[FieldError]:
    buyer = body.buyer
    if buyer.customer_id is not None:
        yield from id_misfits("buyer.customerId", buyer.customer_id)
        return
    country = buyer.address.country_code if buyer.address else None
    for field, value in (("buyer.name", buyer.name), ("buyer.address.countryCode", country)):
        if not value:
            yield misfit(field, "required", "Without customerId, name and the country are needed.")


def _line_misfits(path: str, line: AlternativeInput, free: bool, noun: Noun) -> Iterator[FieldError]:
    if line.type == "text":
        yield from _text_misfits(path, line)
        return
    for name, attribute in needed(line, free, noun).items():
        if getattr(line, attribute) in (None, ""):
            yield misfit(f"{path}.{name}", "required", f"A {line.type} line needs {name}.")
    if line.unit_price is None and line.tax_rate is not None and not noun.priced:
        yield unheld(f"{path}.taxRate", f"A {noun.singular} keeps a rate with a price only.")
    if line.discount_percentage and not noun.line_discounts:
        # left out, it would change what is given back or handed over
        yield misfit(f"{path}.discountPercentage", "not_possible", no_line_discount(noun).reason)
    if free and line.tax_rate:
        yield misfit(f"{path}.taxRate", "invalid", "The only rate without VAT is 0.")
    if line.type == "custom" and line.item_id is not None:
        yield unheld(f"{path}.itemId", "A custom line refers to no item.")
    elif line.type != "custom" and line.item_id is None:
        yield misfit(f"{path}.itemId", "required", f"A {line.type} line needs its item; `custom` needs none.")
    else:
        yield from id_misfits(f"{path}.itemId", line.item_id)


def needed(line: AlternativeInput, free: bool, noun: Noun) -> dict[str, str]:
    """What a line of an item must have, by the name in paths. Without prices it needs no rate either."""
    unpriced = line.unit_price is None and not noun.priced
    rate = {} if free or unpriced else {"taxRate": "tax_rate"}
    return {
        name: attribute
        for name, attribute in {"name": "name", **PRICED, **rate}.items()
        if noun.priced or name != "unitPrice"
    }


def _choice_misfits(path: str, line: LineInput, free: bool, noun: Noun) -> Iterator[FieldError]:
    """Left out, they would change what the document says."""
    if noun.choices and line.type != "text":
        for index, other in enumerate(line.alternatives):
            yield from _line_misfits(f"{path}.alternatives[{index}]", other, free, noun)
        return
    for name in ("optional", "alternatives"):
        if getattr(line, name):
            yield misfit(f"{path}.{name}", "not_possible", NO_CHOICES.reason)


def _text_misfits(path: str, line: AlternativeInput) -> Iterator[FieldError]:
    if not line.name and not line.description:
        yield misfit(path, "required", "A text line needs name or description.")
    for name, attribute in NOT_ON_TEXT.items():
        if getattr(line, attribute) is not None:
            yield unheld(f"{path}.{name}", f"A text line has no {name}.")

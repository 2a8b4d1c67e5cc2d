"""What the vendor is certain to refuse of a document, told at once and in the caller's words. Pure.

Only what is certain: anything the vendor might take is sent. What it has no place for is refused by name,
never dropped.
"""

from collections.abc import Iterator

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.lexoffice.days import day_misfits
from connectors.lexoffice.misfits import id_misfits, misfit
from connectors.lexoffice.sales import tax
from schemas.lines import LineInput
from schemas.sales_documents import SalesDocumentInput
from schemas.tax import TaxTreatment

LANGUAGES = ("de", "en")
PRICED = {"quantity": "quantity", "unitName": "unit_name", "unitPrice": "unit_price"}
"""What every line but text must have, by the name in paths."""
NOT_ON_TEXT = {
    **PRICED,
    "taxRate": "tax_rate",
    "discountPercentage": "discount_percentage",
    "itemId": "item_id",
}


def document_misfits(body: SalesDocumentInput, identity: Identity) -> Iterator[FieldError]:
    """What any sales voucher shares."""
    yield from day_misfits("issuedOn", body.issued_on)
    yield from _buyer_misfits(body)
    tax_type, _ = tax.vendor_type(TaxTreatment(body.tax_treatment), body.prices_include_tax, identity)
    free = tax_type in tax.FREE
    if free and body.prices_include_tax:
        yield misfit("pricesIncludeTax", "invalid", f"Prices include no tax with {body.tax_treatment}.")
    for index, line in enumerate(body.lines):
        yield from _line_misfits(f"lines[{index}]", line, free)
    if body.discount and (body.discount.percentage is None) == (body.discount.amount is None):
        yield misfit("discount", "invalid", "Give exactly one of percentage and amount.")
    if body.language not in (None, *LANGUAGES):
        yield misfit("language", "field_not_held", "Lexware Office prints in de and en.")
    yield from id_misfits("printLayoutId", body.print_layout_id)
    for index, preceding in enumerate(body.preceding_documents):
        yield from id_misfits(f"precedingDocuments[{index}].id", preceding.id)
        if index:
            yield misfit(
                f"precedingDocuments[{index}]",
                "field_not_held",
                "Lexware Office links one document at creation.",
            )


def _buyer_misfits(body: SalesDocumentInput) -> Iterator[FieldError]:
    buyer = body.buyer
    if buyer.customer_id is not None:
        yield from id_misfits("buyer.customerId", buyer.customer_id)
        return
    country = buyer.address.country_code if buyer.address else None
    for field, value in (("buyer.name", buyer.name), ("buyer.address.countryCode", country)):
        if not value:
            yield misfit(field, "required", "Without customerId, name and the country are needed.")


def _line_misfits(path: str, line: LineInput, free: bool) -> Iterator[FieldError]:
    if line.type == "text":
        yield from _text_misfits(path, line)
        return
    needed = PRICED if free else {**PRICED, "taxRate": "tax_rate"}
    for name, attribute in {"name": "name", **needed}.items():
        if getattr(line, attribute) in (None, ""):
            yield misfit(f"{path}.{name}", "required", f"A {line.type} line needs {name}.")
    if free and line.tax_rate:
        yield misfit(f"{path}.taxRate", "invalid", "The only rate without VAT is 0.")
    if line.type == "custom" and line.item_id is not None:
        yield misfit(f"{path}.itemId", "field_not_held", "A custom line refers to no item.")
    elif line.type != "custom" and line.item_id is None:
        yield misfit(f"{path}.itemId", "required", f"A {line.type} line needs its item; `custom` needs none.")
    else:
        yield from id_misfits(f"{path}.itemId", line.item_id)


def _text_misfits(path: str, line: LineInput) -> Iterator[FieldError]:
    if not line.name and not line.description:
        yield misfit(path, "required", "A text line needs name or description.")
    for name, attribute in NOT_ON_TEXT.items():
        if getattr(line, attribute) is not None:
            yield misfit(f"{path}.{name}", "field_not_held", f"A text line has no {name}.")

"""Invoices as XML: Cross Industry Invoice (UN/CEFACT D16B) under EN 16931 or XRechnung 3.0.

Gross documents are restated in net, line by line; what a restated line is off goes into the last line of its
rate, so that lines, rates and totals agree to the cent.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.lexoffice import dates, money
from sandbox.lexoffice.money import ZERO, cents
from sandbox.lexoffice.paper.vat_categories import category_of, reason_of
from sandbox.lexoffice.sales.profiles import buyer_reference
from sandbox.lexoffice.state import Contact, Document, Organization

NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
GUIDELINES = {
    "EN16931": "urn:cen.eu:en16931:2017",
    "XRechnung": "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
}
BUSINESS_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
TYPE_CODES = {"invoices": "380", "credit-notes": "381", "down-payment-invoices": "386"}
FORBIDDEN = dict.fromkeys(code for code in range(32) if chr(code) not in "\t\n\r")
"""Control signs that JSON carries and XML must not."""
CREDIT_TRANSFER = "58"
UNITS = {
    "stunde": "HUR", "stunden": "HUR", "std": "HUR", "tag": "DAY", "tage": "DAY", "monat": "MON", "kg": "KGM",
    "km": "KMT", "m": "MTR", "meter": "MTR", "m²": "MTK", "liter": "LTR", "l": "LTR", "pauschal": "LS",
    "pauschale": "LS", "stück": "H87", "stk": "H87",
}  # fmt: skip
PIECE = "C62"

for prefix, uri in NAMESPACES.items():
    ET.register_namespace(prefix, uri)

Content = ET.Element | str | None


def node(name: str, *content: Content, **attributes: str) -> ET.Element:
    """An element of the names above; what is None is left out."""
    prefix, _, local = name.partition(":")
    element = ET.Element(f"{{{NAMESPACES[prefix]}}}{local}", attributes)
    for part in content:
        if isinstance(part, str):
            element.text = part.translate(FORBIDDEN)
        elif part is not None:
            element.append(part)
    return element


def optional(name: str, text: str | None, **attributes: str) -> ET.Element | None:
    return node(name, text, **attributes) if text else None


def amount(value: Decimal) -> str:
    return f"{cents(value):f}"


def number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def day(moment: datetime) -> ET.Element:
    return node("udt:DateTimeString", f"{dates.local_day(moment):%Y%m%d}", format="102")


def xml_of(organization: Organization, document: Document, profile: str) -> bytes:
    """The document as XML under `profile` (`EN16931` or `XRechnung`)."""
    contact = organization.contacts.get(document.contact_id or "")
    root = node(
        "rsm:CrossIndustryInvoice",
        _context(profile),
        _heading(document),
        node(
            "rsm:SupplyChainTradeTransaction",
            *_items(document),
            _agreement(organization, document, contact),
            _delivery(document),
            _settlement(organization, document, profile),
        ),
    )
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8")


def _context(profile: str) -> ET.Element:
    process = node("ram:BusinessProcessSpecifiedDocumentContextParameter", node("ram:ID", BUSINESS_PROCESS))
    guideline = node("ram:GuidelineSpecifiedDocumentContextParameter", node("ram:ID", GUIDELINES[profile]))
    return node("rsm:ExchangedDocumentContext", process, guideline)


def _heading(document: Document) -> ET.Element:
    texts = [document.body.get("introduction"), document.body.get("remark")]
    texts += [
        "\n".join(text for text in (line.get("name"), line.get("description")) if text)
        for line in document.body["lineItems"]
        if line["type"] == "text"
    ]
    return node(
        "rsm:ExchangedDocument",
        node("ram:ID", document.number or document.id),
        node("ram:TypeCode", TYPE_CODES[document.kind]),
        node("ram:IssueDateTime", day(document.voucher_date)),
        *(node("ram:IncludedNote", node("ram:Content", text)) for text in texts if text),
    )


def priced(document: Document) -> list[dict[str, Any]]:
    return [line for line in document.body["lineItems"] if line["type"] != "text"]


def net_amounts(document: Document) -> list[Decimal]:
    """The net amount of each line that is no text."""
    lines = priced(document)
    if document.body["taxConditions"]["taxType"] != "gross":
        return [line["lineItemAmount"] for line in lines]
    amounts = [cents(money.net_of(line["lineItemAmount"], _rate(line))) for line in lines]
    by_rate: dict[Decimal, list[int]] = {}
    for index, line in enumerate(lines):
        by_rate.setdefault(_rate(line), []).append(index)
    for rate, indexes in by_rate.items():
        whole = cents(money.net_of(sum((lines[i]["lineItemAmount"] for i in indexes), ZERO), rate))
        amounts[indexes[-1]] += whole - sum((amounts[i] for i in indexes), ZERO)
    return amounts


def _rate(line: dict[str, Any]) -> Decimal:
    return line["unitPrice"]["taxRatePercentage"]


def _items(document: Document) -> Iterable[ET.Element]:
    tax_type = document.body["taxConditions"]["taxType"]
    for position, (line, net) in enumerate(zip(priced(document), net_amounts(document), strict=True), 1):
        quantity, price = line["quantity"], line["unitPrice"]["netAmount"]
        if price < 0:
            quantity, price = -quantity, -price
        off = cents(cents(quantity * price) - net)
        yield node(
            "ram:IncludedSupplyChainTradeLineItem",
            node("ram:AssociatedDocumentLineDocument", node("ram:LineID", str(position))),
            node(
                "ram:SpecifiedTradeProduct",
                node("ram:Name", line["name"]),
                optional("ram:Description", line.get("description")),
            ),
            node(
                "ram:SpecifiedLineTradeAgreement",
                node("ram:NetPriceProductTradePrice", node("ram:ChargeAmount", number(price))),
            ),
            node(
                "ram:SpecifiedLineTradeDelivery",
                node(
                    "ram:BilledQuantity",
                    number(quantity),
                    unitCode=UNITS.get(line["unitName"].lower(), PIECE),
                ),
            ),
            node(
                "ram:SpecifiedLineTradeSettlement",
                _category(tax_type, _rate(line)),
                _allowance(off, "Rabatt") if line.get("discountPercentage") else None,
                node(
                    "ram:SpecifiedTradeSettlementLineMonetarySummation",
                    node("ram:LineTotalAmount", amount(net)),
                ),
            ),
        )


def _category(tax_type: str, rate: Decimal, name: str = "ram:ApplicableTradeTax") -> ET.Element:
    return node(
        name,
        node("ram:TypeCode", "VAT"),
        node("ram:CategoryCode", category_of(tax_type, rate).code),
        node("ram:RateApplicablePercent", number(rate)),
    )


def _allowance(value: Decimal, reason: str, category: ET.Element | None = None) -> ET.Element:
    return node(
        "ram:SpecifiedTradeAllowanceCharge",
        node("ram:ChargeIndicator", node("udt:Indicator", "false")),
        node("ram:ActualAmount", amount(value)),
        node("ram:Reason", reason),
        category,
    )


def _agreement(organization: Organization, document: Document, contact: Contact | None) -> ET.Element:
    return node(
        "ram:ApplicableHeaderTradeAgreement",
        optional("ram:BuyerReference", buyer_reference(organization, document)),
        _seller(organization),
        _buyer(document, contact, buyer_reference(organization, document)),
    )


def _seller(organization: Organization) -> ET.Element:
    head = organization.letterhead
    return node(
        "ram:SellerTradeParty",
        None if head.vat_id else optional("ram:ID", head.tax_number or organization.id),
        node("ram:Name", organization.name),
        node(
            "ram:DefinedTradeContact",
            node("ram:PersonName", organization.owner.name),
            _communication("ram:TelephoneUniversalCommunication", "ram:CompleteNumber", head.phone),
            _communication("ram:EmailURIUniversalCommunication", "ram:URIID", head.email),
        ),
        _place(head.zip, head.street, None, head.city, head.country_code),
        _communication("ram:URIUniversalCommunication", "ram:URIID", head.email, schemeID="EM"),
        _registration(head.tax_number, "FC"),
        _registration(head.vat_id, "VA"),
    )


def _buyer(document: Document, contact: Contact | None, reference: str | None) -> ET.Element:
    to = document.body["address"]
    company = contact.body.get("company", {}) if contact else {}
    mails = contact.body.get("emailAddresses", {}) if contact else {}
    mail = next((mail for kind in mails.values() for mail in kind), None)
    electronic, scheme = (mail, "EM") if mail or not reference else (reference, "0204")
    return node(
        "ram:BuyerTradeParty",
        optional("ram:ID", str(contact.customer_number) if contact and contact.customer_number else None),
        node("ram:Name", to["name"]),
        _place(to.get("zip"), to.get("street"), to.get("supplement"), to.get("city"), to["countryCode"]),
        _communication("ram:URIUniversalCommunication", "ram:URIID", electronic, schemeID=scheme),
        _registration(company.get("vatRegistrationId"), "VA"),
    )


def _communication(name: str, member: str, text: str | None, **attributes: str) -> ET.Element | None:
    return node(name, node(member, text, **attributes)) if text else None


def _registration(id: str | None, scheme: str) -> ET.Element | None:
    return (
        node("ram:SpecifiedTaxRegistration", node("ram:ID", id.replace(" ", ""), schemeID=scheme))
        if id
        else None
    )


def _place(
    zip: str | None, street: str | None, supplement: str | None, city: str | None, country: str
) -> ET.Element:
    # The vendor's extended codes (ES_CN) begin with the country of ISO 3166-1.
    return node(
        "ram:PostalTradeAddress",
        optional("ram:PostcodeCode", zip),
        optional("ram:LineOne", street),
        optional("ram:LineTwo", supplement),
        optional("ram:CityName", city),
        node("ram:CountryID", country[:2]),
    )


def _delivery(document: Document) -> ET.Element:
    to, shipping = document.body["address"], document.body.get("shippingConditions", {})
    delivered = datetime.fromisoformat(shipping["shippingDate"]) if shipping.get("shippingDate") else None
    place = _place(to.get("zip"), to.get("street"), to.get("supplement"), to.get("city"), to["countryCode"])
    return node(
        "ram:ApplicableHeaderTradeDelivery",
        node("ram:ShipToTradeParty", node("ram:Name", to["name"]), place),
        node(
            "ram:ActualDeliverySupplyChainEvent",
            node("ram:OccurrenceDateTime", day(delivered or document.voucher_date)),
        ),
    )


def _settlement(organization: Organization, document: Document, profile: str) -> ET.Element:
    head, body = organization.letterhead, document.body
    lines_total = sum(net_amounts(document), ZERO)
    net = body["totalPrice"]["totalNetAmount"]
    allowances = list(_document_discounts(document))
    prepaid = sum((payment.amount for payment in document.payments), document.deducted)
    gross = body["totalPrice"]["totalGrossAmount"]
    return node(
        "ram:ApplicableHeaderTradeSettlement",
        node("ram:PaymentReference", document.number or document.id),
        node("ram:InvoiceCurrencyCode", "EUR"),
        _payment_means(head.iban, head.bic, organization.name),
        *(_tax(body, tax) for tax in body["taxAmounts"]),
        _period(body.get("shippingConditions", {})),
        *(
            _allowance(
                off, "Gesamtrabatt", _category(body["taxConditions"]["taxType"], rate, "ram:CategoryTradeTax")
            )
            for rate, off in allowances
        ),
        _terms(document, profile),
        node(
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
            node("ram:LineTotalAmount", amount(lines_total)),
            node("ram:AllowanceTotalAmount", amount(sum((off for _, off in allowances), ZERO))),
            node("ram:TaxBasisTotalAmount", amount(net)),
            node("ram:TaxTotalAmount", amount(body["totalPrice"]["totalTaxAmount"]), currencyID="EUR"),
            node("ram:GrandTotalAmount", amount(gross)),
            node("ram:TotalPrepaidAmount", amount(prepaid)),
            node("ram:DuePayableAmount", amount(gross - prepaid)),
        ),
        *_corrected(organization, document),
    )


def _corrected(organization: Organization, document: Document) -> Iterable[ET.Element]:
    """The invoice that a credit note takes back in part."""
    if document.kind != "credit-notes":
        return
    for related in document.related:
        invoice = organization.documents.get(related.id)
        if related.kind == "invoices" and invoice is not None and invoice.number:
            issued = f"{dates.local_day(invoice.voucher_date):%Y%m%d}"
            yield node(
                "ram:InvoiceReferencedDocument",
                node("ram:IssuerAssignedID", invoice.number),
                node("ram:FormattedIssueDateTime", node("qdt:DateTimeString", issued, format="102")),
            )


def _document_discounts(document: Document) -> Iterable[tuple[Decimal, Decimal]]:
    """Per rate, what the total discount takes off the lines."""
    by_rate: dict[Decimal, Decimal] = {}
    for line, net in zip(priced(document), net_amounts(document), strict=True):
        by_rate[_rate(line)] = by_rate.get(_rate(line), ZERO) + net
    for tax in document.body["taxAmounts"]:
        off = by_rate[tax["taxRatePercentage"]] - tax["netAmount"]
        if off:
            yield tax["taxRatePercentage"], off


def _payment_means(iban: str | None, bic: str | None, owner: str) -> ET.Element | None:
    if not iban:
        return None
    return node(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        node("ram:TypeCode", CREDIT_TRANSFER),
        node(
            "ram:PayeePartyCreditorFinancialAccount",
            node("ram:IBANID", iban.replace(" ", "")),
            node("ram:AccountName", owner),
        ),
        node("ram:PayeeSpecifiedCreditorFinancialInstitution", node("ram:BICID", bic)) if bic else None,
    )


def _tax(body: dict[str, Any], tax: dict[str, Any]) -> ET.Element:
    tax_type, rate = body["taxConditions"]["taxType"], tax["taxRatePercentage"]
    category = category_of(tax_type, rate)
    return node(
        "ram:ApplicableTradeTax",
        node("ram:CalculatedAmount", amount(tax["taxAmount"])),
        node("ram:TypeCode", "VAT"),
        optional("ram:ExemptionReason", reason_of(tax_type, body["taxConditions"].get("taxTypeNote"))),
        node("ram:BasisAmount", amount(tax["netAmount"])),
        node("ram:CategoryCode", category.code),
        optional("ram:ExemptionReasonCode", category.exemption),
        node("ram:RateApplicablePercent", number(rate)),
    )


def _period(shipping: dict[str, Any]) -> ET.Element | None:
    if not shipping.get("shippingEndDate"):
        return None
    return node(
        "ram:BillingSpecifiedPeriod",
        node("ram:StartDateTime", day(datetime.fromisoformat(shipping["shippingDate"]))),
        node("ram:EndDateTime", day(datetime.fromisoformat(shipping["shippingEndDate"]))),
    )


def _terms(document: Document, profile: str) -> ET.Element:
    terms = document.body.get("paymentConditions", {})
    text = terms.get("paymentTermLabel") or "Zahlbar sofort ohne Abzug"
    discount = terms.get("paymentDiscountConditions")
    if discount and profile == "XRechnung":
        # BR-DE-18: the discount in a form for machines, on a line of its own.
        percent = discount["discountPercentage"].quantize(Decimal("0.01"))
        text += f"\n#SKONTO#TAGE={discount['discountRange']}#PROZENT={percent}#\n"
    return node(
        "ram:SpecifiedTradePaymentTerms",
        node("ram:Description", text),
        node("ram:DueDateDateTime", day(document.due)) if document.due else None,
    )

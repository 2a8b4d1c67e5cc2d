"""Vendor field paths in unified words, for errors: a table a noun; unknown children read as their parent."""

import re

INDEX = re.compile(r"\[(\d+)\]")

_ADDRESS = {
    "supplement": "supplement",
    "street": "street",
    "zip": "postalCode",
    "city": "city",
    "countryCode": "countryCode",
}

DOCUMENT_PATHS = {
    "voucherDate": "issuedOn",
    "address": "buyer",
    "address.contactId": "buyer.customerId",
    "address.name": "buyer.name",
    **{f"address.{theirs}": f"buyer.address.{ours}" for theirs, ours in _ADDRESS.items()},
    "countryCode": "buyer.address.countryCode",
    "xRechnung": "buyerReference",
    "lineItems": "lines",
    "lineItems[]": "lines[]",
    "lineItems[].id": "lines[].itemId",
    "lineItems[].type": "lines[].type",
    "lineItems[].name": "lines[].name",
    "lineItems[].description": "lines[].description",
    "lineItems[].quantity": "lines[].quantity",
    "lineItems[].unitName": "lines[].unitName",
    "lineItems[].unitPrice": "lines[].unitPrice",
    "lineItems[].unitPrice.taxRatePercentage": "lines[].taxRate",
    "lineItems[].discountPercentage": "lines[].discountPercentage",
    **{
        f"lineItems[].subItems[]{end}": f"lines[].alternatives[]{ours}"
        for end, ours in {
            "": "",
            ".id": ".itemId",
            ".unitPrice": ".unitPrice",
            ".unitPrice.taxRatePercentage": ".taxRate",
            **{f".{name}": f".{name}" for name in ("type", "name", "description", "quantity", "unitName")},
            ".discountPercentage": ".discountPercentage",
        }.items()
    },
    "lineItems[].subItems": "lines[].alternatives",
    "lineItems[].optional": "lines[].optional",
    "totalPrice": "discount",
    "totalPrice.currency": "currency",
    "totalPrice.totalDiscountAbsolute": "discount.amount",
    "totalPrice.totalDiscountPercentage": "discount.percentage",
    "taxConditions": "taxTreatment",
    "taxConditions.taxTypeNote": "taxNote",
    "paymentConditions": "paymentTerms",
    "paymentConditions.paymentTermLabel": "paymentTerms.description",
    "paymentConditions.paymentTermDuration": "paymentTerms.dueDays",
    "paymentConditions.paymentDiscountConditions": "paymentTerms.cashDiscount",
    "paymentConditions.paymentDiscountConditions.discountPercentage": "paymentTerms.cashDiscount.percentage",
    "paymentConditions.paymentDiscountConditions.discountRange": "paymentTerms.cashDiscount.days",
    "shippingConditions": "servicePeriod",
    "shippingConditions.shippingDate": "servicePeriod.startsOn",
    "shippingConditions.shippingEndDate": "servicePeriod.endsOn",
    "shippingConditions.shippingType": "servicePeriod.kind",
    "expirationDate": "validUntil",
    "deliveryTerms": "deliveryTerms",
    "printLayoutId": "printLayoutId",
    "language": "language",
    "title": "title",
    "introduction": "introduction",
    "remark": "remark",
    "recipients": "recipients",
    "recipients[]": "recipients[]",
    "subject": "subject",
    "message": "message",
    "signature": "signature",
    "attachments": "attachments",
    "attachments[]": "attachments[]",
    "attachments[].id": "attachments[].fileId",
    "precedingSalesVoucherId": "precedingDocuments",
    "voucherStatus": "status",
    "voucherNumber": "number",
    "contactId": "customerId",
    "voucherDateFrom": "issuedFrom",
    "voucherDateTo": "issuedTo",
}


def voucher_paths(party: str) -> dict[str, str]:
    """Of bookkeeping vouchers; `party` as errors name the other side: `seller.supplierId`."""
    return {
        "type": "kind",
        "voucherStatus": "needsReview",
        "voucherNumber": "number",
        "voucherDate": "issuedOn",
        "shippingDate": "servicePeriod",
        "dueDate": "dueOn",
        "totalGrossAmount": "lines",
        "totalTaxAmount": "lines",
        "taxType": "pricesIncludeTax",
        "useCollectiveContact": "collective",
        "contactId": party,
        "contactName": f"{party.partition('.')[0]}.name",
        "remark": "remark",
        "voucherItems": "lines",
        "voucherItems[]": "lines[]",
        "voucherItems[].amount": "lines[].amount",
        "voucherItems[].taxAmount": "lines[].amountTax",
        "voucherItems[].taxRatePercent": "lines[].taxRate",
        "voucherItems[].categoryId": "lines[].accountId",
        "files": "files",
        "file": "file",
        "voucherDateFrom": "issuedFrom",
        "voucherDateTo": "issuedTo",
    }


CONTACT_PATHS = {
    "company": "company",
    "company and person": "company",
    "company or person": "company",
    "company.name": "company.name",
    "company.taxNumber": "company.taxNumber",
    "company.vatRegistrationId": "company.vatId",
    "company.allowTaxFreeInvoices": "company.taxFreeInvoicesAllowed",
    "company.contactPersons": "company.contactPersons",
    "company.contactPersons[]": "company.contactPersons[]",
    "company.contactPersons[].salutation": "company.contactPersons[].salutation",
    "company.contactPersons[].firstName": "company.contactPersons[].firstName",
    "company.contactPersons[].lastName": "company.contactPersons[].lastName",
    "company.contactPersons[].emailAddress": "company.contactPersons[].email",
    "company.contactPersons[].phoneNumber": "company.contactPersons[].phone",
    "person": "person",
    "person.salutation": "person.salutation",
    "person.firstName": "person.firstName",
    "person.lastName": "person.lastName",
    "addresses.billing": "billingAddresses",
    "addresses.billing[]": "billingAddresses[]",
    "addresses.shipping": "shippingAddresses",
    "addresses.shipping[]": "shippingAddresses[]",
    **{
        f"addresses.{kind}[].{theirs}": f"{kind}Addresses[].{ours}"
        for kind in ("billing", "shipping")
        for theirs, ours in _ADDRESS.items()
    },
    "countryCode": "billingAddresses[0].countryCode",
    "emailAddresses": "emails",
    **{
        f"emailAddresses.{use}{end}": f"emails.{use}{end}"
        for use in ("business", "office", "private", "other")
        for end in ("", "[]")
    },
    "phoneNumbers": "phones",
    **{
        f"phoneNumbers.{use}{end}": f"phones.{use}{end}"
        for use in ("business", "office", "mobile", "private", "fax", "other")
        for end in ("", "[]")
    },
    "xRechnung": "electronicInvoicing",
    "xRechnung.buyerReference": "electronicInvoicing.buyerReference",
    "xRechnung.vendorNumberAtCustomer": "electronicInvoicing.supplierNumber",
    "note": "note",
    "name": "name",
    "email": "email",
    "number": "number",
}

ARTICLE_PATHS = {
    "title": "name",
    "description": "description",
    "type": "type",
    "articleNumber": "number",
    "materialNumber": "number",  # the vendor's name for it in errors only
    "gtin": "gtin",
    "note": "note",
    "unitName": "unitName",
    "price": "price",
    "price.netPrice": "price",
    "price.grossPrice": "price",
    "price.leadingPrice": "pricesIncludeTax",
    "price.taxRate": "taxRate",
}


BANK_ACCOUNT_PATHS = {
    "type": "type",
    "accountSystem": "system",
    "name": "name",
    "bankName": "bankName",
    "accountHolder": "holder",
    "balance": "balance",
    "externalReference": "externalReference",
    "iban": "iban",
    "bic": "bic",
    "provider": "cardProvider",
    "creditCardNumber": "cardNumber",
}

_TRANSACTION = {
    "financialAccountId": "bankAccountId",
    "valueDate": "valuedOn",
    "bookingDate": "bookedOn",
    "purpose": "purpose",
    "amount": "amount",
    "additionalInfo": "description",
    "recipientOrSenderName": "counterparty.name",
    "recipientOrSenderEmail": "counterparty.email",
    "recipientOrSenderIban": "counterparty.iban",
    "recipientOrSenderBic": "counterparty.bic",
    "externalReference": "externalReference",
    "endToEndId": "endToEndId",
    "feeAmount": "fee.amount",
    "feeTaxRatePercentage": "fee.taxRate",
    "feePostingCategoryId": "fee.accountId",
}
TRANSACTION_PATHS = {f"[].{theirs}": ours for theirs, ours in _TRANSACTION.items()}
"""Of a single one, which is sent as a list of one."""
BATCH_PATHS = {f"[].{theirs}": f"transactions[].{ours}" for theirs, ours in _TRANSACTION.items()}
SETTLEMENT_PATHS = TRANSACTION_PATHS | {
    "[].amount": "amount",
    "[].valueDate": "paidOn",
    "[].bookingDate": "paidOn",
    "[].purpose": "paymentReference",
}
HINT_PATHS = {"voucherId": "", "externalReference": "externalReference"}


def unified_path(vendor_path: str, paths: dict[str, str]) -> str:
    """`lineItems[0].unitPrice.taxRatePercentage` as `lines[0].taxRate`; the vendor's path when unknown."""
    numbers = INDEX.findall(vendor_path)
    known = INDEX.sub("[]", vendor_path)
    while known and known not in paths:
        known = known[:-2] if known.endswith("[]") else known.rpartition(".")[0]
    if not known:
        return vendor_path
    found = paths[known]
    for number in numbers[: found.count("[]")]:
        found = found.replace("[]", f"[{number}]", 1)
    return found

"""The vendor's sample contact, article and profile. Expected values written out by hand."""

import json

import msgspec

from connectors.lexoffice.native.contacts import Contact, Role
from connectors.lexoffice.parties import reading, writing
from connectors.lexoffice.profile import PROFILE, identity
from connectors.lexoffice.replacing import laid_over
from connectors.lexoffice.resources import company, items
from schemas.customers import Customer, CustomerInput
from schemas.items import ItemInput
from schemas.suppliers import Supplier
from tests.mapping.builders import APP, expected, sample, unified, written

ADDRESS = {
    "supplement": "Halle 3",
    "street": "Sägemühlenweg 11",
    "postalCode": "77652",
    "city": "Offenburg",
    "countryCode": "DE",
}
WRITABLE = {
    "company": {
        "name": "Holzwerk Brandt GmbH",
        "taxNumber": "14205/33417",
        "vatId": "DE123456789",
        "taxFreeInvoicesAllowed": False,
        "contactPersons": [
            {
                "salutation": "Frau",
                "firstName": "Silke",
                "lastName": "Brandt",
                "primary": True,
                "email": "s.brandt@holzwerk-brandt.example",
                "phone": "0781 5550-11",
            }
        ],
    },
    "person": None,
    "billingAddresses": [ADDRESS],
    "shippingAddresses": [
        ADDRESS | {"supplement": "Wareneingang Tor 2", "street": "Sägemühlenweg 13"},
    ],
    "emails": {
        "business": ["rechnung@holzwerk-brandt.example"],
        "office": ["buero@holzwerk-brandt.example"],
        "private": ["privat@holzwerk-brandt.example"],
        "other": ["archiv@holzwerk-brandt.example"],
    },
    "phones": {
        "business": ["0781 5550-0"],
        "office": ["0781 5550-10"],
        "mobile": ["0171 5550123"],
        "private": ["0781 5550-99"],
        "fax": ["0781 5550-20"],
        "other": ["0781 5550-30"],
    },
    "electronicInvoicing": {"buyerReference": "04011000-1234512345-35", "supplierNumber": "70123456"},
    "note": "Stammkunde, Wartungsvertrag",
}
CUSTOMER = WRITABLE | {
    "id": "c2382a58-1248-4293-832f-562d45e6cc2a",
    "version": "3",
    "createdAt": None,
    "updatedAt": None,
    "archived": False,
    "links": {
        "view": "https://app.lexware.de/permalink/contacts/view/c2382a58-1248-4293-832f-562d45e6cc2a",
        "edit": None,
    },
    "name": "Holzwerk Brandt GmbH",
    "number": "10003",
    "isCustomer": True,
    "isSupplier": True,
    "allowedActions": [
        {"action": "update", "to": None, "allowed": True, "reason": None, "alternative": None},
        {
            "action": "delete",
            "to": None,
            "allowed": False,
            "reason": "Lexware's API deletes no contacts.",
            "alternative": "Archive it in Lexware Office; `links.view` leads there.",
        },
    ],
}
ITEM = {
    "id": "53011139-a898-4f36-be7e-07d9192f0ac9",
    "version": "2",
    "createdAt": "2026-01-12T09:02:44.120000Z",
    "updatedAt": "2026-02-03T07:00:01.004000Z",
    "archived": False,
    "links": {"view": None, "edit": None},
    "name": "Schleifband K120",
    "number": "SB-120-75",
    "type": "product",
    "vendorType": "PRODUCT",
    "description": "Gewebeband 75 x 2000 mm",
    "gtin": "4006381333931",
    "note": "Mindestbestand 50",
    "unitName": "Stück",
    "price": "3.90",
    "netPrice": "3.90",
    "grossPrice": "4.64",
    "pricesIncludeTax": False,
    "currency": "EUR",
    "taxRate": "19",
    "allowedActions": [
        {"action": "update", "to": None, "allowed": True, "reason": None, "alternative": None},
        {"action": "delete", "to": None, "allowed": True, "reason": None, "alternative": None},
    ],
}
COMPANY = {
    "id": "d2b33b5b-5157-4583-b3b8-8f932b33e75e",
    "name": "Werkstatt Lindner e.K.",
    "address": None,
    "vatId": None,
    "taxNumber": None,
    "legalForm": None,
    "vendorLegalForm": None,
    "industry": None,
    "industryCode": None,
    "website": None,
    "priceMode": "net",
    "vendorPriceMode": "net",
    "smallBusiness": False,
    "distanceSalesPrinciple": "origin",
    "features": ["INVOICING", "INVOICING_PRO", "BOOKKEEPING"],
    "subscriptionStatus": None,
    "connectedUser": "Herr Jonas Lindner",
    "connectedAt": "2026-01-05T07:15:45Z",
    "vendorConnectionId": "f094b58a-1839-4aff-bd68-1e61af94aa30",
    "links": {"view": None, "edit": None},
}


def contact() -> Contact:
    return msgspec.json.decode(sample("contact.response"), type=Contact)


def role(name: str) -> Role:
    return getattr(contact().roles, name)


class TestContacts:
    def test_a_customer(self) -> None:
        assert unified(Customer(**reading.fields(contact(), APP, role("customer")))) == CUSTOMER

    def test_a_supplier_is_the_same_contact_under_its_other_number(self) -> None:
        supplier = unified(Supplier(**reading.fields(contact(), APP, role("vendor"))))

        assert supplier == CUSTOMER | {"number": "70004"}

    def test_a_new_contact_is_written_as_the_vendor_shows_it(self) -> None:
        body = msgspec.convert(WRITABLE | {"electronicInvoicing": None}, CustomerInput)
        sent = written(writing.new_contact(body, "customer"))

        assert sent == expected("contact.create") | {"roles": {"customer": {}}}

    def test_the_writable_part_of_a_customer_is_what_would_be_written(self) -> None:
        customer = Customer(**reading.fields(contact(), APP, role("customer")))

        assert unified(writing.to_input(customer, CustomerInput)) == WRITABLE

    def test_a_contact_laid_over_itself_is_itself(self) -> None:
        customer = Customer(**reading.fields(contact(), APP, role("customer")))
        parts = writing.parts(writing.to_input(customer, CustomerInput))

        assert laid_over(expected("contact.response"), parts) == expected("contact.response")

    def test_a_person_is_named_first_name_first(self) -> None:
        raw = msgspec.json.decode(
            b'{"id":"x","roles":{"customer":{}},"person":{"firstName":"Erika","lastName":"Muster"}}',
            type=Contact,
        )

        assert reading.display_name(raw) == "Erika Muster"


class TestChanges:
    """A PUT replaces all, so what Kontor does not hold must be in it."""

    def test_what_the_model_does_not_hold_stays(self) -> None:
        current = {
            "roles": {"vendor": {"number": 70004}},
            "tomorrow": [1],
            "company": {"name": "A", "new": 1},
        }
        parts = writing.parts(msgspec.convert({"company": {"name": "B"}}, CustomerInput))

        assert laid_over(current, parts) == {
            "roles": {"vendor": {"number": 70004}},
            "tomorrow": [1],
            "company": {"name": "B", "new": 1},
        }

    def test_what_was_taken_away_is_gone(self) -> None:
        parts = writing.parts(msgspec.convert({"person": {"lastName": "Muster"}}, CustomerInput))
        sent = laid_over(expected("contact.response"), parts)

        assert set(sent) == {"id", "organizationId", "version", "roles", "archived", "person"}


class TestItems:
    def test_an_item(self) -> None:
        assert unified(items.to_unified(items.DECODER.decode(sample("article.response")))) == ITEM

    def test_a_new_item_is_written_as_the_vendor_shows_it(self) -> None:
        shared = {name: ITEM[name] for name in ("name", "number", "type", "description", "gtin", "note")}
        more = {"unitName": "Stück", "price": "3.9", "pricesIncludeTax": False, "taxRate": "19"}
        body = msgspec.convert(shared | more, ItemInput)

        assert written(items.to_native(body)) == expected("article.create")

    def test_a_gross_price_is_sent_as_gross_alone(self) -> None:
        given = {"name": "A", "type": "service", "unitName": "h", "price": "119", "taxRate": "19"}
        body = msgspec.convert(given | {"pricesIncludeTax": True}, ItemInput)

        assert written(items.to_native(body))["price"] == {
            "grossPrice": 119,
            "leadingPrice": "GROSS",
            "taxRate": 19,
        }

    def test_a_change_carries_the_version_read(self) -> None:
        item = items.to_unified(items.DECODER.decode(sample("article.response")))
        sent = written(items.to_native(items.to_input(item), version=item.version))

        assert sent == expected("article.create") | {"version": 2}


class TestProfile:
    def test_the_company(self) -> None:
        assert unified(company.to_unified(PROFILE.decode(sample("profile.response")))) == COMPANY

    def test_partners_are_told_more_of_it(self) -> None:
        profile = company.to_unified(PROFILE.decode(sample("profile.response")))
        more = company.ORGANIZATION.decode(sample("organization.response"))

        assert unified(company.completed(profile, more)) == COMPANY | {
            "address": {
                "supplement": None,
                "street": "Werkstraße 5",
                "postalCode": "79098",
                "city": "Freiburg",
                "countryCode": "DE",
            },
            "vatId": "DE123456789",
            "taxNumber": "06123/45678",
            "legalForm": "Einzelunternehmen",
            "vendorLegalForm": "TRADER",
            "industry": "Reparatur von Maschinen",
            "industryCode": "33.12",
            "website": "https://werkstatt-lindner.example",
        }

    def test_extras_stand_with_the_features_of_the_plan(self) -> None:
        body = json.loads(sample("profile.response")) | {
            "features": ["cashbox"],
            "subscriptionStatus": "active",
        }
        read = unified(company.to_unified(PROFILE.decode(json.dumps(body))))

        assert read["features"] == ["INVOICING", "INVOICING_PRO", "BOOKKEEPING", "cashbox"]
        assert read["subscriptionStatus"] == "active"

    def test_who_is_connected(self) -> None:
        who = identity(PROFILE.decode(sample("profile.response")))

        assert who.organization_id == "d2b33b5b-5157-4583-b3b8-8f932b33e75e"
        assert who.organization_name == "Werkstatt Lindner e.K."
        assert who.vendor_connection_id == "f094b58a-1839-4aff-bd68-1e61af94aa30"
        assert who.price_mode == "net"
        assert who.small_business is False

    def test_a_company_without_vat_is_tax_free_and_another_word_is_unknown(self) -> None:
        modes = [
            identity(PROFILE.decode(sample("profile.response").replace(b'"net"', word))).price_mode
            for word in (b'"vatfree"', b'"gross"', b'"margin"')
        ]

        assert modes == ["tax_free", "gross", "unknown"]

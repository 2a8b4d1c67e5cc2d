"""Contacts, vendor to unified. Pure; the result's order is the model's."""

from typing import Any

from connectors.lexoffice import links
from connectors.lexoffice.native import contacts as native
from connectors.lexoffice.parties.lists import actions
from schemas.parties import (
    Address,
    Company,
    ContactPerson,
    ElectronicInvoicing,
    Emails,
    Person,
    Phones,
)


def fields(raw: native.Contact, app: str, role: native.Role) -> dict[str, Any]:
    """All fields of `Party`, numbered as in `role`. The vendor tells no instants of contacts."""
    addresses = raw.addresses or native.Addresses()
    return {
        "id": raw.id,
        "version": None if raw.version is None else str(raw.version),
        "created_at": None,
        "updated_at": None,
        "archived": raw.archived,
        "links": links.contact(app, raw.id),
        "name": display_name(raw),
        "number": None if role.number is None else str(role.number),
        "company": company(raw.company) if raw.company else None,
        "person": person(raw.person) if raw.person else None,
        "billing_addresses": [address(entry) for entry in addresses.billing or ()],
        "shipping_addresses": [address(entry) for entry in addresses.shipping or ()],
        "emails": emails(raw.email_addresses or native.EmailAddresses()),
        "phones": phones(raw.phone_numbers or native.PhoneNumbers()),
        "electronic_invoicing": electronic_invoicing(raw.x_rechnung),
        "note": raw.note,
        "is_customer": raw.roles.customer is not None,
        "is_supplier": raw.roles.vendor is not None,
        "allowed_actions": actions(raw),
    }


def display_name(raw: native.Contact) -> str:
    """The company's name, or first and last name."""
    if raw.company:
        return raw.company.name
    if raw.person is None:
        return ""
    return " ".join(part for part in (raw.person.first_name, raw.person.last_name) if part)


def company(raw: native.Company) -> Company:
    """An organisation and whom to talk to."""
    return Company(
        name=raw.name,
        tax_number=raw.tax_number,
        vat_id=raw.vat_registration_id,
        tax_free_invoices_allowed=raw.allow_tax_free_invoices,
        contact_persons=[contact_person(entry) for entry in raw.contact_persons or ()],
    )


def contact_person(raw: native.ContactPerson) -> ContactPerson:
    """Someone to talk to."""
    return ContactPerson(
        salutation=raw.salutation,
        first_name=raw.first_name,
        last_name=raw.last_name,
        primary=bool(raw.primary),
        email=raw.email_address,
        phone=raw.phone_number,
    )


def person(raw: native.Person) -> Person:
    """A natural person."""
    return Person(salutation=raw.salutation, first_name=raw.first_name, last_name=raw.last_name)


def address(raw: native.Address) -> Address:
    """A postal address."""
    return Address(
        supplement=raw.supplement,
        street=raw.street,
        postal_code=raw.zip,
        city=raw.city,
        country_code=raw.country_code,
    )


def emails(raw: native.EmailAddresses) -> Emails:
    """Addresses by use."""
    return Emails(
        business=raw.business or [],
        office=raw.office or [],
        private=raw.private or [],
        other=raw.other or [],
    )


def phones(raw: native.PhoneNumbers) -> Phones:
    """Numbers by use."""
    return Phones(
        business=raw.business or [],
        office=raw.office or [],
        mobile=raw.mobile or [],
        private=raw.private or [],
        fax=raw.fax or [],
        other=raw.other or [],
    )


def electronic_invoicing(raw: native.XRechnung | None) -> ElectronicInvoicing | None:
    """What makes the contact's invoices XRechnungen; an empty object is none."""
    if raw is None or not (raw.buyer_reference or raw.vendor_number_at_customer):
        return None
    return ElectronicInvoicing(
        buyer_reference=raw.buyer_reference, supplier_number=raw.vendor_number_at_customer
    )

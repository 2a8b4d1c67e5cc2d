"""Contacts, unified to vendor. Pure.

A PUT replaces the whole contact: what is missing is emptied (measured 2026-08). So a change is laid over the
vendor's own JSON (`replacing`): what the unified model does not hold stays, such as the other role.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from connectors.base.errors import FieldError
from connectors.lexoffice.misfits import misfit, unheld
from connectors.lexoffice.native import contacts as native
from connectors.lexoffice.parties.lists import EMAIL_USES, ONE_ENTRY, PHONE_USES, crowded_input
from schemas.parties import (
    AddressInput,
    CompanyInput,
    ContactPersonInput,
    ElectronicInvoicingInput,
    EmailsInput,
    Party,
    PartyInput,
    PersonInput,
    PhonesInput,
)

P = TypeVar("P", bound=PartyInput)


def misfits(body: PartyInput) -> Iterator[FieldError]:
    """What the vendor is certain to refuse."""
    if body.company and body.person:
        yield misfit("person", "invalid", "Give company or person, not both.")
    if not body.company and not body.person:
        yield misfit("company", "required", "Give company or person.")
    for field in crowded_input(body):
        yield unheld(field, ONE_ENTRY)


def parts(body: PartyInput) -> native.ContactParts:
    """All that can be written of a contact, beside roles and version; of each list its first entry."""
    invoicing = body.electronic_invoicing
    return native.ContactParts(
        company=company(body.company) if body.company else None,
        person=person(body.person) if body.person else None,
        addresses=_unless_empty(
            native.Addresses(
                billing=[address(entry) for entry in body.billing_addresses[:1]] or None,
                shipping=[address(entry) for entry in body.shipping_addresses[:1]] or None,
            )
        ),
        x_rechnung=native.XRechnung(
            buyer_reference=invoicing.buyer_reference, vendor_number_at_customer=invoicing.supplier_number
        )
        if invoicing
        else None,
        email_addresses=_unless_empty(
            native.EmailAddresses(**{use: getattr(body.emails, use)[:1] or None for use in EMAIL_USES})
        ),
        phone_numbers=_unless_empty(
            native.PhoneNumbers(**{use: getattr(body.phones, use)[:1] or None for use in PHONE_USES})
        ),
        note=body.note,
    )


def new_contact(body: PartyInput, role: str) -> native.ContactBody:
    """A contact to create in one role: `customer` or `vendor`."""
    written = parts(body)
    shared = {name: getattr(written, name) for name in written.__struct_fields__}
    return native.ContactBody(version=0, roles=native.NewRoles(**{role: native.NewRole()}), **shared)


def company(body: CompanyInput) -> native.Company:
    """An organisation."""
    return native.Company(
        name=body.name,
        tax_number=body.tax_number,
        vat_registration_id=body.vat_id,
        allow_tax_free_invoices=body.tax_free_invoices_allowed,
        contact_persons=[contact_person(entry) for entry in body.contact_persons[:1]] or None,
    )


def contact_person(body: ContactPersonInput) -> native.ContactPerson:
    """Someone to talk to."""
    return native.ContactPerson(
        salutation=body.salutation,
        first_name=body.first_name,
        last_name=body.last_name,
        primary=body.primary,
        email_address=body.email,
        phone_number=body.phone,
    )


def person(body: PersonInput) -> native.Person:
    """A natural person."""
    return native.Person(salutation=body.salutation, first_name=body.first_name, last_name=body.last_name)


def address(body: AddressInput) -> native.Address:
    """A postal address."""
    return native.Address(
        supplement=body.supplement,
        street=body.street,
        zip=body.postal_code,
        city=body.city,
        country_code=body.country_code,
    )


def _unless_empty(struct: Any) -> Any:
    return struct if any(getattr(struct, name) is not None for name in struct.__struct_fields__) else None


def to_input(party: Party, kind: type[P]) -> P:
    """The writable part of a party, as it stands. Unchecked: what the vendor holds may not fit our input."""
    persons = party.company.contact_persons if party.company else ()
    return kind(
        company=_alike(
            CompanyInput,
            party.company,
            contact_persons=[_alike(ContactPersonInput, entry) for entry in persons],
        ),
        person=_alike(PersonInput, party.person),
        billing_addresses=[_alike(AddressInput, entry) for entry in party.billing_addresses],
        shipping_addresses=[_alike(AddressInput, entry) for entry in party.shipping_addresses],
        emails=_alike(EmailsInput, party.emails),
        phones=_alike(PhonesInput, party.phones),
        electronic_invoicing=_alike(ElectronicInvoicingInput, party.electronic_invoicing),
        note=party.note,
    )


def _alike(kind: type[msgspec.Struct], value: msgspec.Struct | None, **given: Any) -> Any:
    """The input struct whose fields have the same names as the output struct's."""
    if value is None:
        return None
    return kind(**{name: getattr(value, name) for name in kind.__struct_fields__} | given)

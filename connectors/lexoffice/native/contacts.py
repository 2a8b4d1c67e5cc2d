"""`/v1/contacts`. Source: "Contacts" (read 2026-11-20)."""

from connectors.lexoffice.native.base import Native


class Role(Native, kw_only=True, frozen=True):
    number: int | str | None = None


class Roles(Native, kw_only=True, frozen=True):
    customer: Role | None = None
    vendor: Role | None = None


class ContactPerson(Native, kw_only=True, frozen=True):
    salutation: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    primary: bool | None = None
    email_address: str | None = None
    phone_number: str | None = None


class Company(Native, kw_only=True, frozen=True):
    name: str
    tax_number: str | None = None
    vat_registration_id: str | None = None
    allow_tax_free_invoices: bool | None = None
    contact_persons: list[ContactPerson] | None = None


class Person(Native, kw_only=True, frozen=True):
    salutation: str | None = None
    first_name: str | None = None
    last_name: str


class Address(Native, kw_only=True, frozen=True):
    supplement: str | None = None
    street: str | None = None
    zip: str | None = None
    city: str | None = None
    country_code: str | None = None


class Addresses(Native, kw_only=True, frozen=True):
    billing: list[Address] | None = None
    shipping: list[Address] | None = None


class XRechnung(Native, kw_only=True, frozen=True):
    buyer_reference: str | None = None
    vendor_number_at_customer: str | None = None


class EmailAddresses(Native, kw_only=True, frozen=True):
    business: list[str] | None = None
    office: list[str] | None = None
    private: list[str] | None = None
    other: list[str] | None = None


class PhoneNumbers(Native, kw_only=True, frozen=True):
    business: list[str] | None = None
    office: list[str] | None = None
    mobile: list[str] | None = None
    private: list[str] | None = None
    fax: list[str] | None = None
    other: list[str] | None = None


class ContactParts(Native, kw_only=True, frozen=True):
    """What can be written of a contact, beside roles and version."""

    company: Company | None = None
    person: Person | None = None
    addresses: Addresses | None = None
    x_rechnung: XRechnung | None = None
    email_addresses: EmailAddresses | None = None
    phone_numbers: PhoneNumbers | None = None
    note: str | None = None


class Contact(ContactParts, kw_only=True, frozen=True):
    """A contact as the vendor answers it. It tells no instants of creation and change."""

    id: str
    version: int | None = None
    roles: Roles
    archived: bool | None = None


class NewRole(Native, kw_only=True, frozen=True):
    """Sent as `{}`: numbers are given by the vendor."""


class NewRoles(Native, kw_only=True, frozen=True):
    customer: NewRole | None = None
    vendor: NewRole | None = None


class ContactBody(ContactParts, kw_only=True, frozen=True):
    """A contact to create. `version` must be sent and be 0."""

    version: int
    roles: NewRoles

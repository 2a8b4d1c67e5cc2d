"""Customers and suppliers as persons or companies with addresses: shapes shared by both nouns."""

from typing import Annotated

from msgspec import Meta

from schemas.base import (
    AllowedAction,
    CountryCode,
    Filters,
    Input,
    Name,
    ShortText,
    Text25,
    Traced,
    Unified,
    selects,
)

EmailAddress = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
PhoneNumber = Annotated[str, Meta(min_length=1, max_length=64)]
SearchText = Annotated[
    str,
    Meta(min_length=1, max_length=128, description="Part of it, ignoring case.", extra=selects("contains")),
]
Note = Annotated[str, Meta(max_length=1000)]


class Address(Unified, kw_only=True, frozen=True):
    """A postal address."""

    supplement: str | None
    """Second line: building, floor, department."""
    street: str | None
    """Street and house number."""
    postal_code: str | None
    """Postal code."""
    city: str | None
    """Town."""
    country_code: str | None
    """ISO 3166-1 alpha-2, or the vendor's extension such as `ES_CN`."""


class AddressInput(Input, kw_only=True, frozen=True):
    """A postal address to write."""

    supplement: ShortText | None = None
    street: ShortText | None = None
    postal_code: Annotated[str, Meta(max_length=20)] | None = None
    city: ShortText | None = None
    country_code: CountryCode


class ContactPerson(Unified, kw_only=True, frozen=True):
    """A person to talk to at a company."""

    salutation: str | None
    """As printed: "Frau", "Herr"."""
    first_name: str | None
    """Given name."""
    last_name: str | None
    """Family name."""
    primary: bool
    """True for the one printed on documents."""
    email: str | None
    """E-mail address."""
    phone: str | None
    """Phone number as typed."""


class ContactPersonInput(Input, kw_only=True, frozen=True):
    """A person to talk to at a company, to write."""

    salutation: Text25 | None = None
    first_name: ShortText | None = None
    last_name: Name
    primary: bool = False
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None


class Emails(Unified, kw_only=True, frozen=True):
    """E-mail addresses by use; several of one use occur at the vendor."""

    business: list[str]
    """First one is where documents go."""
    office: list[str]
    """Office."""
    private: list[str]
    """Private."""
    other: list[str]
    """Anything else."""


class EmailsInput(Input, kw_only=True, frozen=True):
    """E-mail addresses by use, to write."""

    business: list[EmailAddress] = []
    office: list[EmailAddress] = []
    private: list[EmailAddress] = []
    other: list[EmailAddress] = []


class Phones(Unified, kw_only=True, frozen=True):
    """Phone numbers by use, as typed."""

    business: list[str]
    """Business."""
    office: list[str]
    """Office."""
    mobile: list[str]
    """Mobile."""
    private: list[str]
    """Private."""
    fax: list[str]
    """Fax."""
    other: list[str]
    """Anything else."""


class PhonesInput(Input, kw_only=True, frozen=True):
    """Phone numbers by use, to write."""

    business: list[PhoneNumber] = []
    office: list[PhoneNumber] = []
    mobile: list[PhoneNumber] = []
    private: list[PhoneNumber] = []
    fax: list[PhoneNumber] = []
    other: list[PhoneNumber] = []


class Person(Unified, kw_only=True, frozen=True):
    """A natural person."""

    salutation: str | None
    """As printed."""
    first_name: str | None
    """Given name."""
    last_name: str
    """Family name."""


class PersonInput(Input, kw_only=True, frozen=True):
    """A natural person, to write."""

    salutation: Text25 | None = None
    first_name: ShortText | None = None
    last_name: Name


class Company(Unified, kw_only=True, frozen=True):
    """An organisation."""

    name: str
    """Registered or trading name."""
    tax_number: str | None
    """National tax number (in Germany: Steuernummer)."""
    vat_id: str | None
    """VAT identification number (EN 16931 BT-48)."""
    tax_free_invoices_allowed: bool | None
    """Whether the vendor lets documents to this company be free of VAT."""
    contact_persons: list[ContactPerson]
    """People to talk to."""


class CompanyInput(Input, kw_only=True, frozen=True):
    """An organisation, to write."""

    name: Name
    tax_number: Annotated[str, Meta(max_length=50)] | None = None
    vat_id: Annotated[str, Meta(max_length=20)] | None = None
    tax_free_invoices_allowed: bool | None = None
    contact_persons: list[ContactPersonInput] = []


class ElectronicInvoicing(Unified, kw_only=True, frozen=True):
    """What an electronic invoice to this party must carry."""

    buyer_reference: str | None
    """EN 16931 BT-10; for German authorities the Leitweg-ID."""
    supplier_number: str | None
    """The number under which this party lists the connected company as its supplier."""


class ElectronicInvoicingInput(Input, kw_only=True, frozen=True):
    """What an electronic invoice to this party must carry, to write."""

    buyer_reference: ShortText
    supplier_number: ShortText


class Party(Traced, kw_only=True, frozen=True):
    """Someone the connected company deals with. Exactly one of `company` and `person` is set."""

    name: str
    """Display name: the company's, or first and last name."""
    number: str | None
    """Customer or supplier number, given by the vendor."""
    company: Company | None
    """Set when the party is an organisation."""
    person: Person | None
    """Set when the party is a natural person."""
    billing_addresses: list[Address]
    """Where documents are addressed to."""
    shipping_addresses: list[Address]
    """Where goods go."""
    emails: Emails
    """E-mail addresses by use."""
    phones: Phones
    """Phone numbers by use."""
    electronic_invoicing: ElectronicInvoicing | None
    """Buyer reference and supplier number; None when not kept."""
    note: str | None
    """Internal remark."""
    is_customer: bool
    """True when the party also is a customer."""
    is_supplier: bool
    """True when the party also is a supplier."""
    allowed_actions: list[AllowedAction]
    """What can be done with it now, and why not."""


class PartyInput(Input, kw_only=True, frozen=True):
    """A customer or supplier to write. Give exactly one of `company` and `person`."""

    company: CompanyInput | None = None
    person: PersonInput | None = None
    billing_addresses: list[AddressInput] = []
    shipping_addresses: list[AddressInput] = []
    emails: EmailsInput = EmailsInput()
    phones: PhonesInput = PhonesInput()
    electronic_invoicing: ElectronicInvoicingInput | None = None
    note: Note | None = None


class PartyFilters(Filters, kw_only=True, frozen=True):
    """Filters of customers and suppliers."""

    name: SearchText | None = None
    email: Annotated[SearchText, Meta(extra=selects("contains", "emails"))] | None = None
    number: Annotated[str, Meta(max_length=20, pattern=r"^\d+$", description="Exact number.")] | None = None


PARTY_SEARCHED = ("number", "name", "note")
PARTY_OPERATIONS = ("list", "get", "create", "update", "delete")

"""Everything the twin remembers. Plain data: encoded and decoded whole, it is a snapshot."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

FEATURES = ("INVOICING", "INVOICING_PRO", "BOOKKEEPING")


class User(msgspec.Struct, frozen=True):
    id: str
    name: str
    email: str


class Letterhead(msgspec.Struct, frozen=True):
    """What an organization prints on its paper."""

    street: str
    zip: str
    city: str
    country_code: str = "DE"
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    tax_number: str | None = None
    vat_id: str | None = None
    bank: str | None = None
    iban: str | None = None
    bic: str | None = None
    register: str | None = None


class PaymentCondition(msgspec.Struct, frozen=True):
    id: str
    template: str
    duration_days: int
    default: bool = False
    discount_percentage: Decimal | None = None
    discount_range_days: int | None = None


class PrintLayout(msgspec.Struct, frozen=True):
    id: str
    name: str
    default: bool = False


class Article(msgspec.Struct):
    id: str
    body: dict[str, Any]
    version: int
    created: datetime
    updated: datetime


class Record(msgspec.Struct, kw_only=True):
    """Anything that is written and read whole: bank accounts, finance accounts, cash boxes."""

    id: str
    body: dict[str, Any]
    version: int
    created: datetime
    updated: datetime


class Contact(msgspec.Struct):
    """`body` holds what was written, in the order of the answer; numbers are the vendor's."""

    id: str
    body: dict[str, Any]
    version: int
    created: datetime
    customer_number: int | None = None
    vendor_number: int | None = None
    archived: bool = False
    bank_accounts: dict[str, dict[str, Any]] = {}

    @property
    def name(self) -> str:
        """As addresses print it: the company, or first name and last name."""
        if company := self.body.get("company"):
            return company["name"]
        person = self.body["person"]
        return " ".join(part for part in (person.get("firstName"), person["lastName"]) if part)

    @property
    def listed_name(self) -> str:
        """As the voucher list prints it: persons by last name first."""
        if company := self.body.get("company"):
            return company["name"]
        person = self.body["person"]
        return ", ".join(part for part in (person["lastName"], person.get("firstName")) if part)


class Payment(msgspec.Struct, frozen=True):
    """One payment item. `amount` is positive for income and expense alike."""

    type: str
    posted: datetime
    amount: Decimal


class Related(msgspec.Struct, frozen=True):
    id: str
    kind: str


class Document(msgspec.Struct):
    """A sales voucher of any kind. `body` holds the answer's members but for the head, which changes."""

    id: str
    kind: str
    number: str | None
    status: str
    version: int
    created: datetime
    updated: datetime
    voucher_date: datetime
    body: dict[str, Any]
    total: Decimal | None = None
    due: datetime | None = None
    contact_id: str | None = None
    contact_name: str | None = None
    buyer_reference: str | None = None
    """The Leitweg-ID sent with the document; an empty one forces a normal invoice."""
    profile: str = "NONE"
    file_id: str | None = None
    template_id: str | None = None
    interaction: Record | None = None
    """What became of an XRechnung after it was handed over."""
    archived: bool = False
    payments: list[Payment] = []
    related: list[Related] = []
    settles: str | None = None
    """The invoice that a finalized credit note is set off against."""
    deducted: Decimal = Decimal(0)
    """What down payment invoices received, taken off by the closing invoice."""

    @property
    def open_amount(self) -> Decimal | None:
        if self.total is None:
            return None
        if self.status in ("paid", "paidoff", "voided"):
            return Decimal("0.00")
        return max(
            self.total - self.deducted - sum((p.amount for p in self.payments), Decimal(0)), Decimal("0.00")
        )


class Template(msgspec.Struct, kw_only=True):
    """A recurring template: the invoice it makes (`raw`, a create body), and when it makes the next."""

    id: str
    version: int
    created: datetime
    updated: datetime
    title: str
    raw: dict[str, Any]
    body: dict[str, Any]
    """The members that answers print."""
    settings_id: str
    interval: str
    start: date | None
    end: date | None = None
    next: date | None = None
    last: date | None = None
    finalize: bool = False
    shipping_type: str = "service"
    failure: str | None = None


class Mail(msgspec.Struct, frozen=True):
    document_id: str
    recipients: list[str]
    subject: str
    message: str
    attachments: list[str]
    sent: datetime


class Voucher(msgspec.Struct, kw_only=True):
    """A bookkeeping voucher. `body` holds what was written, in the form in which it is answered."""

    id: str
    type: str
    status: str
    version: int
    created: datetime
    updated: datetime
    body: dict[str, Any]
    number: str | None = None
    voucher_date: datetime | None = None
    due: datetime | None = None
    contact_id: str | None = None
    total: Decimal | None = None
    files: list[str] = []
    payments: list[Payment] = []
    archived: bool = False

    @property
    def open_amount(self) -> Decimal | None:
        if self.total is None or self.status in ("unchecked", "blank"):
            return None
        if self.status in ("paid", "paidoff", "voided"):
            return Decimal("0.00")
        return max(self.total - sum((p.amount for p in self.payments), Decimal(0)), Decimal("0.00"))

    @property
    def purchase(self) -> bool:
        return self.type.startswith("purchase")

    @property
    def collective_contact(self) -> str:
        """The name under which the app books those without a contact."""
        return "Sammellieferant" if self.purchase else "Sammelkunde"


class StoredFile(msgspec.Struct):
    """An uploaded file, or the paper of a sales document (`document_id`; drawn when asked for)."""

    id: str
    created: datetime
    format: str = "pdf"
    content: bytes = b""
    checksum: str = ""
    voucher_id: str | None = None
    document_id: str | None = None
    attachment: bool = False
    failed: bool = False
    """It could not be read."""


class Event(msgspec.Struct, frozen=True):
    organization_id: str
    type: str
    resource_id: str
    at: datetime


class Subscription(msgspec.Struct, frozen=True):
    id: str
    event_type: str
    callback_url: str
    created: datetime
    connection_id: str


class Delivery(msgspec.Struct, kw_only=True):
    """A callback on its way to one subscriber, with the answers it got so far (0: none)."""

    id: str
    organization_id: str
    subscription_id: str
    url: str
    body: str
    answers: list[int] = []


class Organization(msgspec.Struct, kw_only=True):
    """One company that uses Lexware Office."""

    id: str
    name: str
    owner: User
    letterhead: Letterhead
    created: datetime
    tax_type: str = "net"
    small_business: bool = False
    distance_sales: str | None = None
    features: list[str] = msgspec.field(default_factory=lambda: list(FEATURES))
    lapsed: bool = False
    e_invoicing: bool = True
    """Whether it takes electronic invoices: XML uploads are refused without."""
    legal_form: str = "LIMITED_LIABILITY_COMPANY"
    branch: tuple[str, str] | None = None
    """Branch of industry: its name and its code (WZ 2008)."""
    payment_conditions: list[PaymentCondition] = []
    print_layouts: list[PrintLayout] = []
    series: dict[str, int] = {}
    contacts: dict[str, Contact] = {}
    articles: dict[str, Article] = {}
    documents: dict[str, Document] = {}
    vouchers: dict[str, Voucher] = {}
    templates: dict[str, Template] = {}
    finance_accounts: dict[str, Record] = {}
    transactions: dict[str, Record] = {}
    hints: dict[str, dict[str, str]] = {}
    cash_boxes: dict[str, Record] = {}
    balances: dict[str, list[Record]] = {}
    """Z-Bons by cash box."""
    mails: list[Mail] = []
    files: dict[str, StoredFile] = {}
    subscriptions: dict[str, Subscription] = {}

    def next_number(self, series: str, first: int = 1) -> int:
        number = self.series.get(series, first)
        self.series[series] = number + 1
        return number


class Connection(msgspec.Struct, kw_only=True):
    """An API key or a grant: who may do what in one organization. `scopes` None means all."""

    id: str
    organization_id: str
    user: User
    created: datetime
    scopes: frozenset[str] | None = None
    client_id: str | None = None
    name: str | None = None
    access_token: str | None = None
    access_expires: datetime | None = None
    refresh_token: str | None = None
    former_refresh_token: str | None = None
    former_refresh_until: datetime | None = None
    revoked: bool = False
    valid_until: datetime | None = None
    """When an API key ends by itself; None: never."""
    integration: Record | None = None


class Client(msgspec.Struct, kw_only=True):
    """An OAuth client, as Lexware registers partners."""

    id: str
    secret: str
    name: str
    redirect_uris: list[str] = []
    scopes: list[str] = []
    pkce: bool = True
    any_loopback_redirect: bool = False
    """Development only: every path and port of the local machine will do."""
    active: bool = True

    def __repr__(self) -> str:
        return f"Client(id={self.id!r}, name={self.name!r})"


class Code(msgspec.Struct, kw_only=True):
    """An authorization code: good once, for five minutes."""

    value: str
    client_id: str
    redirect_uri: str
    organization_id: str
    scopes: frozenset[str]
    challenge: str | None
    connection_name: str
    expires: datetime
    used: bool = False
    connection_id: str | None = None


class Task(msgspec.Struct, frozen=True, order=True):
    """Something that happens by itself once its time has come."""

    at: datetime
    number: int
    """Of two that are due at the same instant the one planned first comes first."""
    kind: str
    organization_id: str
    subject: str


class World(msgspec.Struct, kw_only=True):
    organizations: dict[str, Organization] = {}
    connections: dict[str, Connection] = {}
    api_keys: dict[str, str] = {}
    """Key to connection id."""
    access_tokens: dict[str, str] = {}
    refresh_tokens: dict[str, str] = {}
    clients: dict[str, Client] = {}
    codes: dict[str, Code] = {}
    signing_key: str = ""
    webhook_key: str | None = None
    deliveries: dict[str, Delivery] = {}
    tasks: list[Task] = []
    """A heap: the next one first."""
    planned: int = 0
    """How many tasks there have been."""
    advanced_s: float = 0
    """How far the clock has been moved forward."""

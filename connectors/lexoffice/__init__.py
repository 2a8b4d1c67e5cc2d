"""Lexware Office (formerly lexoffice)."""

from connectors.base.connector import Connector
from connectors.lexoffice.errors import refusal
from connectors.lexoffice.missing import MISSING
from connectors.lexoffice.profile import identify
from connectors.lexoffice.resources.company import Company
from connectors.lexoffice.resources.credit_notes import CreditNotes
from connectors.lexoffice.resources.customers import Customers
from connectors.lexoffice.resources.files import Files
from connectors.lexoffice.resources.invoices import Invoices
from connectors.lexoffice.resources.items import Items
from connectors.lexoffice.resources.suppliers import Suppliers
from connectors.lexoffice.targets import API_KEY, OAUTH, TARGETS

CONNECTOR = Connector(
    name="lexoffice",
    title="Lexware Office",
    targets=TARGETS,
    oauth=OAUTH,
    api_key=API_KEY,
    resources={
        "company": Company,
        "customers": Customers,
        "suppliers": Suppliers,
        "items": Items,
        "invoices": Invoices,
        "credit-notes": CreditNotes,
        "files": Files,
    },
    missing=MISSING,
    identify=identify,
    refusal=refusal,
    min_interval_s=0.503,  # 2 calls a second and connection; exactly 0.5 s is throttled by jitter
)

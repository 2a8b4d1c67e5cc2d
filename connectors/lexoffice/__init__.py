"""Lexware Office (formerly lexoffice)."""

from connectors.base.connector import Connector
from connectors.lexoffice.errors import refusal
from connectors.lexoffice.marking import mark
from connectors.lexoffice.missing import MISSING
from connectors.lexoffice.passthrough import PASSTHROUGH
from connectors.lexoffice.profile import identify
from connectors.lexoffice.resources.accounts import Accounts
from connectors.lexoffice.resources.bank_accounts import BankAccounts
from connectors.lexoffice.resources.bills import Bills
from connectors.lexoffice.resources.company import Company
from connectors.lexoffice.resources.credit_notes import CreditNotes
from connectors.lexoffice.resources.customers import Customers
from connectors.lexoffice.resources.delivery_notes import DeliveryNotes
from connectors.lexoffice.resources.down_payment_invoices import DownPaymentInvoices
from connectors.lexoffice.resources.dunnings import Dunnings
from connectors.lexoffice.resources.files import Files
from connectors.lexoffice.resources.invoices import Invoices
from connectors.lexoffice.resources.items import Items
from connectors.lexoffice.resources.payment_terms import PaymentTerms
from connectors.lexoffice.resources.payments import Payments
from connectors.lexoffice.resources.print_layouts import PrintLayouts
from connectors.lexoffice.resources.quotes import Quotes
from connectors.lexoffice.resources.recurring_invoices import RecurringInvoices
from connectors.lexoffice.resources.sales_orders import SalesOrders
from connectors.lexoffice.resources.sales_vouchers import SalesVouchers
from connectors.lexoffice.resources.suppliers import Suppliers
from connectors.lexoffice.resources.tax_rates import TaxRates
from connectors.lexoffice.resources.transactions import Transactions
from connectors.lexoffice.resources.vendor_credits import VendorCredits
from connectors.lexoffice.targets import API_KEY, OAUTH, TARGETS
from connectors.lexoffice.tracing import trace, traceable
from connectors.lexoffice.webhooks import WEBHOOKS

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
        "bills": Bills,
        "vendor-credits": VendorCredits,
        "sales-vouchers": SalesVouchers,
        "quotes": Quotes,
        "sales-orders": SalesOrders,
        "delivery-notes": DeliveryNotes,
        "down-payment-invoices": DownPaymentInvoices,
        "dunnings": Dunnings,
        "files": Files,
        "recurring-invoices": RecurringInvoices,
        "payments": Payments,
        "bank-accounts": BankAccounts,
        "transactions": Transactions,
        "accounts": Accounts,
        "tax-rates": TaxRates,
        "payment-terms": PaymentTerms,
        "print-layouts": PrintLayouts,
    },
    missing=MISSING,
    identify=identify,
    refusal=refusal,
    passthrough=PASSTHROUGH,
    trace=trace,
    traceable=traceable,
    mark=mark,
    webhooks=WEBHOOKS,
    min_interval_s=0.503,  # 2 calls a second and connection; exactly 0.5 s is throttled by jitter
)

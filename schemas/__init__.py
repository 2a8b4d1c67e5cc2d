"""The unified accounting model: one file a resource, one line a resource here."""

from schemas import (
    accounts,
    bank_accounts,
    bills,
    company,
    credit_notes,
    customers,
    files,
    invoices,
    items,
    journal_entries,
    payment_terms,
    payments,
    print_layouts,
    purchase_orders,
    recurring_invoices,
    sales_vouchers,
    suppliers,
    tax_rates,
    tracking_categories,
    transactions,
    vendor_credits,
)
from schemas.base import Resource

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        company.RESOURCE,
        customers.RESOURCE,
        suppliers.RESOURCE,
        items.RESOURCE,
        invoices.RESOURCE,
        credit_notes.RESOURCE,
        bills.RESOURCE,
        vendor_credits.RESOURCE,
        sales_vouchers.RESOURCE,
        files.RESOURCE,
        recurring_invoices.RESOURCE,
        payments.RESOURCE,
        purchase_orders.RESOURCE,
        bank_accounts.RESOURCE,
        transactions.RESOURCE,
        accounts.RESOURCE,
        journal_entries.RESOURCE,
        tracking_categories.RESOURCE,
        tax_rates.RESOURCE,
        payment_terms.RESOURCE,
        print_layouts.RESOURCE,
    )
}

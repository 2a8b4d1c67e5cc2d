"""The unified accounting model: one file a resource, one line a resource here."""

from schemas import (
    accounts,
    bank_accounts,
    company,
    credit_notes,
    customers,
    delivery_notes,
    down_payment_invoices,
    dunnings,
    files,
    invoices,
    items,
    journal_entries,
    payment_terms,
    payments,
    print_layouts,
    purchase_orders,
    quotes,
    recurring_invoices,
    sales_orders,
    suppliers,
    tax_rates,
    tracking_categories,
    transactions,
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
        quotes.RESOURCE,
        sales_orders.RESOURCE,
        delivery_notes.RESOURCE,
        down_payment_invoices.RESOURCE,
        dunnings.RESOURCE,
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

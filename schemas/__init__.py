"""The unified accounting model: one file a resource, one line a resource here."""

from schemas import company, credit_notes, customers, files, invoices, items, suppliers
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
        files.RESOURCE,
    )
}

"""Suppliers: contacts with the role vendor. Operations and mapping: `parties`."""

from connectors.lexoffice.parties.contacts import Contacts
from schemas.suppliers import Supplier, SupplierInput


class Suppliers(Contacts[Supplier, SupplierInput]):
    """Suppliers of one connection."""

    name = "suppliers"
    role = "vendor"
    model = Supplier
    input = SupplierInput

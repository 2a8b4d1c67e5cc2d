"""Customers: contacts with the role customer. Operations and mapping: `parties`."""

from connectors.lexoffice.parties.contacts import Contacts
from schemas.customers import Customer, CustomerInput


class Customers(Contacts[Customer, CustomerInput]):
    """Customers of one connection."""

    name = "customers"
    role = "customer"
    model = Customer
    input = CustomerInput

"""Customers: parties the connected company sells to."""

from schemas.base import Resource
from schemas.parties import PARTY_OPERATIONS, PARTY_SEARCHED, Party, PartyFilters, PartyInput


class Customer(Party, kw_only=True, frozen=True):
    """A party the connected company sells to. The same party may be a supplier too, under the same id."""


class CustomerInput(PartyInput, kw_only=True, frozen=True):
    """A customer to create, or the writable part of one to update."""


RESOURCE = Resource(
    name="customers",
    singular="Customer",
    title="Parties the connected company sells to.",
    model=Customer,
    create=CustomerInput,
    filters=PartyFilters,
    operations=PARTY_OPERATIONS,
    findable=True,
    searched=PARTY_SEARCHED,
)

"""Suppliers: parties the connected company buys from."""

from schemas.base import Resource
from schemas.parties import PARTY_OPERATIONS, PARTY_SEARCHED, Party, PartyFilters, PartyInput


class Supplier(Party, kw_only=True, frozen=True):
    """A party the connected company buys from. The same party may be a customer too, under the same id."""


class SupplierInput(PartyInput, kw_only=True, frozen=True):
    """A supplier to create, or the writable part of one to update."""


RESOURCE = Resource(
    name="suppliers",
    singular="Supplier",
    title="Parties the connected company buys from.",
    model=Supplier,
    create=SupplierInput,
    filters=PartyFilters,
    operations=PARTY_OPERATIONS,
    findable=True,
    searched=PARTY_SEARCHED,
)

"""Print layouts: how documents look on paper."""

from schemas.base import Resource, Unified


class PrintLayout(Unified, kw_only=True, frozen=True):
    """A layout that the company has made; documents name it by `printLayoutId`."""

    id: str
    """The vendor's id."""
    name: str
    """What people call it."""
    default: bool
    """True for the layout of documents that name none."""


RESOURCE = Resource(
    name="print-layouts",
    singular="PrintLayout",
    title="How the company's documents look on paper.",
    model=PrintLayout,
    fresh_for_s=86_400.0,
    operations=("list", "get"),
)

"""Tracking categories: dimensions of bookings beside the account, such as cost centres and projects."""

from enum import StrEnum

from schemas.base import Resource, Traced


class DimensionKind(StrEnum):
    """What a dimension stands for; `other` for one that a company made up."""

    COST_CENTRE = "cost_centre"
    COST_UNIT = "cost_unit"
    PROJECT = "project"
    OTHER = "other"
    UNKNOWN = "unknown"


class TrackingCategory(Traced, kw_only=True, frozen=True):
    """One value of a dimension, to which lines of vouchers can be attributed."""

    name: str
    """What people call it."""
    code: str | None
    """The company's number for it; None when it has none."""
    kind: DimensionKind
    """What its dimension stands for: in German books Kostenstelle, Kostenträger, Projekt."""
    dimension: str
    """The vendor's own name of the dimension."""
    parent_id: str | None
    """The one it is a part of; None at the top."""


RESOURCE = Resource(
    name="tracking-categories",
    singular="TrackingCategory",
    title="Cost centres, projects and other dimensions of bookings.",
    model=TrackingCategory,
    fresh_for_s=86_400.0,
    operations=("list", "get", "create", "update", "delete"),
)

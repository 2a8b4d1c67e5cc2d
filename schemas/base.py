"""What every unified object shares: output and input structs, filters, and how a resource is declared."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class Unified(Struct, kw_only=True, frozen=True, rename="camel"):
    """A value that leaves Kontor. No field has a default: what is absent at the vendor is `None`, visibly."""


class Input(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A value that enters Kontor. Unknown fields are refused, since a typo must not be lost."""


def selects(how: str, field: str | None = None) -> dict[str, str | None]:
    """The `extra` of a filter's Meta that is no equality: `from` and `to` (inclusive) or `contains`, ignoring
    case. `field`: the one it looks at, as in Python; None: the one of its own name.
    """
    return {"how": how, "field": field}


class Filters(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Query parameters a list understands. A connector names those its vendor can serve.

    A filter selects objects whose field of its own name equals it: of the object itself, or of the one part
    of it that has such a field. Others say in their Meta what they look at: `selects`.
    """


Id = Annotated[str, Meta(min_length=1, max_length=100)]
Text25 = Annotated[str, Meta(max_length=25)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
ShortText = Annotated[str, Meta(max_length=255)]
LongText = Annotated[str, Meta(max_length=2000)]
CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}(_[A-Z0-9]{2,3})?$", description="ISO 3166-1 alpha-2.")]
LanguageCode = Annotated[str, Meta(pattern=r"^[a-z]{2}$", description="ISO 639-1.")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217.")]


class Link(Unified, kw_only=True, frozen=True):
    """Where a person opens the object in the vendor's own application."""

    view: str | None
    """Address that shows the object."""
    edit: str | None
    """Address that edits it; None when the vendor has none for this state."""


class AllowedAction(Unified, kw_only=True, frozen=True):
    """Whether an operation can be carried out on this very object now."""

    action: str
    """Name of the operation, e.g. `finalize`."""
    to: str | None
    """Resource that `convert` makes of it, with an entry for each; None for all other actions."""
    allowed: bool
    """True when a call would be accepted, as far as Kontor can know."""
    reason: str | None
    """Why not; None when allowed."""
    alternative: str | None
    """What to do instead; None when allowed."""


class Traced(Unified, kw_only=True, frozen=True):
    """Identity and clocks that every stored object carries."""

    id: str
    """The vendor's id. Unique within a connection and resource."""
    version: str | None
    """The vendor's version for optimistic locking, also sent as `ETag`; None where the vendor has none."""
    created_at: datetime | None
    """When the vendor created it (UTC); None where the vendor does not tell."""
    updated_at: datetime | None
    """When the vendor last changed it (UTC); None where the vendor does not tell."""
    archived: bool | None
    """True when the vendor's application hides it."""
    links: Link
    """Deep links into the vendor's application."""


class Relation(Struct, frozen=True, kw_only=True):
    """Objects that an object names by their ids."""

    name: str
    """In `expand`."""
    resource: str
    """Which holds them."""
    ids: str
    """Path of the id, as in answers; through lists, all of them."""


class Resource(Struct, frozen=True, kw_only=True):
    """A noun of the unified model, declared once. Routes, OpenAPI, matrix and tests are derived from it."""

    name: str
    """Kebab-case plural, as in the path."""
    singular: str
    """PascalCase, used to name components: `Invoice`."""
    model: type[Unified]
    create: type[Input] | None = None
    """What a create takes; None where none, or no accounting system of Kontor's, creates it."""
    filters: type[Filters] = Filters
    summary: type[Unified] | None = None
    """What `fields=summary` answers with on lists; None when a list row already is the full object."""
    operations: tuple[str, ...]
    """Operations that make sense for this noun in any accounting system; a connector holds some of them."""
    singleton: bool = False
    """True when a connection has exactly one: the path then has no id."""
    findable: bool = False
    """True for parties: a create can look first whether there is one (`match`)."""
    sorts: tuple[str, ...] = ()
    """Values of `sort`, each also with a leading `-` for descending; the first of them, descending, is the
    order of a replica's lists unless told otherwise."""
    sums: tuple[str, ...] = ()
    """Paths of amounts, in Python words, of which a count tells the sum; the object has a `currency`."""
    searched: tuple[str, ...] = ()
    """Paths of the texts that `search` looks at, in Python words."""
    relations: tuple[Relation, ...] = ()
    """What `expand` takes."""
    fresh_for_s: float = 300.0
    """The promise of the replica: so old, in seconds, an answer may be that nobody asked to be newer."""
    title: str
    """One line for people, first sentence of the reference page."""

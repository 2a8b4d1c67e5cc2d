"""Calls in a vendor's own words: what a connector lets through."""

from collections.abc import Callable

from msgspec import Struct

Fields = tuple[tuple[str, str], ...]


class Passthrough(Struct, frozen=True, kw_only=True):
    """How far callers may go by themselves. Host, credential and schedule are the gateway's in any case."""

    base_path: str
    """All paths begin with it, e.g. `/v1/`."""
    finalizes: Callable[[str, str, Fields], bool]
    """Whether a writing call makes a document binding: by method, path, and query with the form's texts."""
    headers: tuple[str, ...] = ()
    """Request headers of the vendor's own that are let through, in lower case."""

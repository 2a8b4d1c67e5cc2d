"""Partial updates: RFC 7396 merge patch under If-Match."""

import copy
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from connectors.base.errors import StaleVersion
from gateway.api.intake import fit
from gateway.api.read_only import taken_out
from gateway.errors import Invalid
from schemas.base import Input, Unified

I = TypeVar("I", bound=Input)  # noqa: E741


def etag(version: str) -> str:
    """The vendor's version as a strong ETag."""
    return f'"{version}"'


class MergePatch:
    """A merge patch and the version its sender has seen (`connectors.base.connector.Change`)."""

    def __init__(self, patch: dict[str, Any] | None, if_match: str | None) -> None:
        self._patch = patch or {}
        self._accepted = None if if_match is None else {part.strip() for part in if_match.split(",")}

    def merged(self, current: Unified, writable: I) -> I:
        self.check(current)
        # Decimals stay decimals: the text of a vendor's may hold an exponent, which no caller may send.
        present = msgspec.to_builtins(writable, builtin_types=(Decimal,))
        patch = copy.deepcopy(self._patch)
        errors = taken_out(patch, type(writable), type(current), msgspec.to_builtins(current))
        if errors:
            raise Invalid(tuple(errors))
        return fit(merge(present, patch), type(writable))

    def check(self, current: Unified) -> None:
        version = getattr(current, "version", None)
        if self._accepted is None or version is None or "*" in self._accepted:
            return
        if etag(version) not in self._accepted:
            now = etag(version)
            raise StaleVersion(
                f"The object now has the ETag {now}.", headers={"etag": now}, extra={"currentETag": now}
            )


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396: null removes, objects merge, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result

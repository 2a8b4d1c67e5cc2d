"""A key for each tenant, derived from one master key so that a tenant's can be forgotten for good. Pure.

The master key is the root of a binary tree: each node makes two by a keyed hash, and a tenant's key is the
leaf at the end of the path that the hash of its id names (the construction of Goldreich, Goldwasser and
Micali). To forget a tenant, the nodes beside its path take the root's place: of them every other leaf can
still be made, and this one cannot. So a backup of the database keeps what is wrapped for everybody else.
"""

import hashlib
import hmac
from collections.abc import Mapping

DEPTH = 64
"""Bits of a path: with a million tenants, that two share one has a chance of one in 30 million."""


def path_of(tenant_id: str) -> str:
    """From the root to the tenant's leaf, as zeros and ones."""
    hashed = hashlib.sha256(tenant_id.encode()).digest()
    return f"{int.from_bytes(hashed) >> (8 * len(hashed) - DEPTH):0{DEPTH}b}"


def leaf(nodes: Mapping[str, bytes], path: str) -> bytes | None:
    """The key at the end of the path; `nodes` by the way to them. None: it was forgotten."""
    for length in range(DEPTH + 1):
        if (key := nodes.get(path[:length])) is not None:
            for bit in path[length:]:
                key = _child(key, bit)
            return key
    return None


def without(nodes: Mapping[str, bytes], path: str) -> dict[str, bytes]:
    """Nodes of which every leaf can be made but this one."""
    left = dict(nodes)
    for length in range(DEPTH + 1):
        if (key := left.pop(path[:length], None)) is not None:
            for at in range(length, DEPTH):
                other = "1" if path[at] == "0" else "0"
                left[path[:at] + other] = _child(key, other)
                key = _child(key, path[at])
            return left
    return left


def _child(key: bytes, bit: str) -> bytes:
    return hmac.digest(key, b"kontor wrapping 1 " + bit.encode(), "sha256")

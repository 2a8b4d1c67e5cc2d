"""How a secret is looked for: as it is, encoded, and in pieces."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

FRAGMENT = 12
PREFIXES = ("kontor_test_", "kontor_live_", "kontor_account_")


def traces(secret: str) -> Iterator[bytes]:
    """Every text that would give the secret, or 12 characters of it, away."""
    for prefix in PREFIXES:
        secret = secret.removeprefix(prefix)
    pieces = {secret[start : start + FRAGMENT] for start in range(max(1, len(secret) - FRAGMENT + 1))}
    for piece in pieces:
        yield piece.encode()
        yield quote(piece, safe="").encode()
    whole = secret.encode()
    yield whole.hex().encode()
    for shift in range(3):  # base64 of a text that stands somewhere inside another
        encoded = base64.b64encode(b"\0" * shift + whole)[4 if shift else 0 : -4]
        if len(encoded) >= FRAGMENT:
            yield encoded
            yield encoded.replace(b"+", b"-").replace(b"/", b"_")


def found(secret: str, places: dict[str, bytes]) -> list[str]:
    """Names of the places that hold a trace of it."""
    wanted = set(traces(secret))
    return [name for name, content in places.items() if any(trace in content for trace in wanted)]

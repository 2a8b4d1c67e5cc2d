"""Files that are written from the code and kept beside it: made here, and compared."""

import json
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path
from typing import Any

import msgspec

from gateway.launch import env_example

SHOWN_LINES = 40
LINE = 110
SERVERS = [{"url": "http://127.0.0.1:8080", "description": "A gateway on this machine"}]


def openapi() -> str:
    """The description of the API, as committed; a gateway serves the same with its own address."""
    from gateway.api.docs_pages import described
    from schemas import RESOURCES

    return _json(described(RESOURCES, SERVERS))


def capabilities() -> str:
    """Which accounting system can do what, and why not."""
    from connectors import CONNECTORS
    from gateway.api.capabilities import matrix
    from schemas import RESOURCES

    return _json(matrix(CONNECTORS, RESOURCES))


def _json(document: object) -> str:
    return _laid_out(msgspec.json.decode(msgspec.json.encode(document))) + "\n"


def _laid_out(value: Any, indent: str = "", taken: int = 0) -> str:
    """JSON with a part on a line of its own wherever it fits: short enough to be read, and to be compared.

    `taken`: characters before and after it on its line.
    """
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or taken + len(flat) <= LINE:
        return flat
    within = indent + "  "
    if isinstance(value, dict):
        heads = [f"{within}{json.dumps(name, ensure_ascii=False)}: " for name in value]
        parts = [*value.values()]
    else:
        heads, parts = [within] * len(value), value
    lines = [head + _laid_out(part, within, len(head) + 1) for head, part in zip(heads, parts, strict=True)]
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([opened, ",\n".join(lines), indent + closed])


GENERATED: dict[str, Callable[[], str]] = {
    "openapi/kontor.json": openapi,
    "openapi/capabilities.json": capabilities,
    ".env.example": env_example.render,
}
"""Path in the checkout, and what makes its text."""


def write(root: Path) -> list[str]:
    """Write what is stale; the names of what was written."""
    written = []
    for name, make in GENERATED.items():
        path, text = root / name, make()
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            written.append(name)
    return written


def stale(root: Path) -> str | None:
    """What differs from what the code says now, or None."""
    differences = [_difference(root / name, name, make()) for name, make in GENERATED.items()]
    return "\n".join(filter(None, differences)) or None


def _difference(path: Path, name: str, text: str) -> str:
    if not path.exists():
        return f"{name} is missing"
    lines = list(
        unified_diff(path.read_text().splitlines(), text.splitlines(), name, "as the code says", lineterm="")
    )
    return "\n".join(lines[:SHOWN_LINES])

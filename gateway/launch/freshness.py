"""Files that are written from the code and kept beside it: made here, and compared."""

import json
from collections.abc import Callable
from difflib import unified_diff
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from gateway.launch import env_example, retention

if TYPE_CHECKING:
    from gateway.api.matrix import Matrix

SHOWN_LINES = 40
LINE = 110
SERVERS = [{"url": "http://127.0.0.1:8080", "description": "A gateway on this machine"}]


def openapi() -> str:
    """The description of the API, as committed; a gateway serves the same with its own address."""
    from gateway.api.docs_pages import described
    from schemas import RESOURCES

    return _json(described(RESOURCES, SERVERS))


@cache
def probed() -> "Matrix":
    """What the connectors do with every field: some seconds of computing, once."""
    from connectors import CONNECTORS
    from gateway.api.probed import probed
    from schemas import RESOURCES

    return probed(CONNECTORS, RESOURCES)


def capabilities() -> str:
    """Which accounting system can do what, and why not."""
    from connectors import CONNECTORS
    from gateway.api.probed import document
    from schemas import RESOURCES

    return _json(document(CONNECTORS, RESOURCES, probed()))


def reference() -> dict[str, Callable[[], str]]:
    """The pages on the resources, and their index, by path."""
    from connectors import CONNECTORS
    from gateway.api import reference
    from schemas import RESOURCES

    return {
        f"docs/reference/{name}.md": partial(reference.page, resource, CONNECTORS, probed)
        for name, resource in RESOURCES.items()
    } | {"docs/reference/README.md": partial(reference.index, RESOURCES, CONNECTORS, probed)}


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


def generated() -> dict[str, Callable[[], str]]:
    """Path in the checkout, and what makes its text."""
    return {
        "openapi/kontor.json": openapi,
        "openapi/capabilities.json": capabilities,
        ".env.example": env_example.render,
        "docs/reference/retention.md": retention.page,
        **reference(),
    }


def write(root: Path) -> list[str]:
    """Write what is stale; the names of what was written."""
    written = []
    for name, make in generated().items():
        path, text = root / name, make()
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            written.append(name)
    return written


def stale(root: Path) -> str | None:
    """What differs from what the code says now, or None."""
    differences = [_difference(root / name, name, make()) for name, make in generated().items()]
    return "\n".join(filter(None, differences)) or None


def _difference(path: Path, name: str, text: str) -> str:
    if not path.exists():
        return f"{name} is missing"
    lines = list(
        unified_diff(path.read_text().splitlines(), text.splitlines(), name, "as the code says", lineterm="")
    )
    return "\n".join(lines[:SHOWN_LINES])

"""Files that are written from the code and kept beside it: made here, and compared."""

from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

from gateway.launch import env_example

SHOWN_LINES = 40


GENERATED: dict[str, Callable[[], str]] = {
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

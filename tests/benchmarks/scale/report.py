"""What a run about scale says: on the terminal, and as JSON. `docs/architecture.md` reckons with it."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import report
from tests.benchmarks.scale.run import Kept


def show(found: dict[str, Kept]) -> None:
    table = Table(box=None)
    for title in ("a document on", "CPU µs", "µs", "bytes put", "bytes kept"):
        table.add_column(title, justify="left" if title.startswith("a ") else "right")
    for name, one in found.items():
        cells = (one.cpu_us, one.wall_us, one.put_bytes, one.kept_bytes)
        table.add_row(name, *(f"{cell:,.0f}" for cell in cells))
    Console(width=120).print(table)


def keep(found: dict[str, Kept], directory: Path) -> Path:
    """The report, in a file named after the moment."""
    at = datetime.now(UTC)
    kept = {**report.circumstances(at, "one process, the database beside it", None), "documents": found}
    return report.write(kept, directory, f"bench-scale-{at:%Y%m%d-%H%M%S}")

"""A report on how long files and functions are. It judges nobody: long tables and models are fine."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

PACKAGES = ("gateway", "connectors", "schemas", "sandbox")
LONG_FILE = 300
LONG_FUNCTION = 45
SHOWN = 8


def report(root: Path) -> str:
    """Medians, and the longest of what is over `LONG_FILE` and `LONG_FUNCTION` lines."""
    sources = {path.relative_to(root): path.read_text() for path in _files(root)}
    files = {str(path): len(text.splitlines()) for path, text in sources.items() if text.strip()}
    spans = {f"{path}:{name}": lines for path, text in sources.items() for name, lines in functions(text)}
    return "\n".join([*_lines("files", files, LONG_FILE), *_lines("functions", spans, LONG_FUNCTION)])


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Name and length in lines of every function; one that holds functions counts without them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, _span(node) - sum(_span(inner) for inner in _inner(node))


def _inner(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        else:
            yield from _inner(child)


def _span(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _files(root: Path) -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((root / package).rglob("*.py"))


def _lines(noun: str, lengths: dict[str, int], limit: int) -> Iterator[str]:
    if not lengths:
        return
    over = sorted(((lines, name) for name, lines in lengths.items() if lines > limit), reverse=True)
    yield f"{len(lengths)} {noun}, median {median(lengths.values()):.0f} lines, {len(over)} over {limit}"
    yield from (f"  {lines:5} {name}" for lines, name in over[:SHOWN])

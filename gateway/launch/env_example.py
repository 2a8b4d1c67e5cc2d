"""`.env.example`, written from the settings: every variable, what it means, its default."""

import ast
import inspect

import msgspec

from gateway import settings

HEAD = """\
# Every setting of Kontor with its default. Copy to .env and change what you need; all of them are optional.
# Written from gateway/settings.py by ./kontor openapi.
"""


def render() -> str:
    """The whole file. Set by the launcher itself, and so left out: the pipe to the parent."""
    documented = docs()
    entries = [
        f"# {documented[field.name]}\n# {settings.PREFIX}{field.name.upper()}={_written(field.default)}\n"
        for field in msgspec.structs.fields(settings.Settings)
        if field.name != "parent_fd"
    ]
    return "\n".join([HEAD, *entries])


def docs() -> dict[str, str]:
    """The sentence under each field of Settings, on one line."""
    (struct,) = ast.parse(inspect.getsource(settings.Settings)).body
    assert isinstance(struct, ast.ClassDef)
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in zip(struct.body, struct.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)

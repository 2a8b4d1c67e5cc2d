"""What a connector decodes, and the words it compares with, heard while it runs.

Nobody has to say of what type an answer is, or which words a status can have: the connector's own code does.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from types import CodeType, FrameType
from typing import Any

import msgspec
from msgspec import Struct

DEEPEST = 4
LONGEST_WORD = 40


class Listener:
    """Notes of one run."""

    def __init__(self) -> None:
        self.decoded: dict[str, list[Any]] = {}
        """Types asked of the answer of each path, in order."""
        self.path = ""
        """Path answered last."""
        self._codes: dict[CodeType, dict[str, Any]] = {}

    @contextmanager
    def listening(self, package: str) -> Iterator[None]:
        """Hears this thread until it ends; code outside `package` is not asked for words."""

        def hear(frame: FrameType, event: str, argument: Any) -> None:
            if event == "call":
                if frame.f_globals.get("__name__", "").startswith(package):
                    self._codes.setdefault(frame.f_code, frame.f_globals)
            elif event == "c_call":
                decoder = getattr(argument, "__self__", None)
                if isinstance(decoder, msgspec.json.Decoder):
                    self.decoded.setdefault(self.path, []).append(decoder.type)

        before = sys.getprofile()
        sys.setprofile(hear)
        try:
            yield
        finally:
            sys.setprofile(before if callable(before) else None)

    def words(self) -> set[str]:
        """Texts that the code heard names itself, or holds in the tables and values it names."""
        found: set[str] = set()
        for code, names in self._codes.items():
            _collect(code.co_consts, found, 0)
            for name in code.co_names:
                _collect(names.get(name), found, 0)
        return found


def words_of(kind: type[Any]) -> set[str]:
    """Texts in the attributes of a class and those above it, where what its methods share may say them."""
    found: set[str] = set()
    for one in kind.__mro__:
        for name, value in vars(one).items():
            if not name.startswith("__"):
                _collect(value, found, 0)
    return found


def _collect(value: Any, found: set[str], depth: int) -> None:
    if depth > DEEPEST:
        return
    if isinstance(value, str):
        if value and len(value) <= LONGEST_WORD and " " not in value:
            found.add(str(value))
    elif isinstance(value, type) and issubclass(value, Enum):
        _collect([member.value for member in value], found, depth + 1)
    elif isinstance(value, dict):
        _collect([*value.keys(), *value.values()], found, depth + 1)
    elif isinstance(value, tuple | list | set | frozenset):
        for part in value:
            _collect(part, found, depth + 1)
    elif isinstance(value, Struct):
        _collect([getattr(value, name) for name in value.__struct_fields__], found, depth + 1)

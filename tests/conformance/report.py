"""What a green run of this folder saw work: every operation that a passed test carried out, counted by test.

Having a method is claiming the operation, so the methods are watched; nothing is listed beside the tests.
"""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from connectors import CONNECTORS
from schemas import RESOURCES


class Seen:
    """A pytest plugin that writes the report when every test passed."""

    def __init__(self, path: Path, date: str, commit: str) -> None:
        self._path, self._date, self._commit = path, date, commit
        self._checks: dict[str, Counter[str]] = {connector.name: Counter() for connector in CONNECTORS}
        self._now: set[tuple[str, str]] = set()
        self._tests = 0
        for connector in CONNECTORS:
            for name, kind in connector.resources.items():
                for operation in RESOURCES[name].operations:
                    if connector.supports(name, operation):
                        cell = (connector.name, f"{name}.{operation}")
                        setattr(kind, operation, self._watched(getattr(kind, operation), cell))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        """Takes over what the test did, once it passed."""
        self._now.clear()
        result = yield
        self._tests += 1
        for connector, cell in self._now:
            self._checks[connector][cell] += 1
        return result

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Nothing is told of a run that was not green."""
        if exitstatus == 0:
            checks = {name: dict(sorted(counted.items())) for name, counted in self._checks.items()}
            document = {"date": self._date, "commit": self._commit, "tests": self._tests, "checks": checks}
            self._path.write_text(json.dumps(document, indent=2) + "\n")

    def _watched(
        self, method: Callable[..., Awaitable[Any]], cell: tuple[str, str]
    ) -> Callable[..., Awaitable[Any]]:
        @wraps(method)
        async def carried_out(*arguments: Any) -> Any:
            result = await method(*arguments)
            self._now.add(cell)
            return result

        return carried_out

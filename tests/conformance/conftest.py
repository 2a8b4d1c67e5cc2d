"""Fresh books at a fresh twin for every test."""

import pytest

from tests.conformance.vendor import Books


@pytest.fixture
def books() -> Books:
    return Books()

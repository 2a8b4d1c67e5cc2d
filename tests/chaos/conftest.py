from collections.abc import Iterator

import pytest

from tests import servers


@pytest.fixture(scope="module")
def database_url(postgres_server: str) -> Iterator[str]:
    """An empty database for the tests of a module."""
    with servers.fresh_database(postgres_server) as url:
        yield url

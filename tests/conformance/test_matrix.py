"""Every connector × resource × operation: having the method is the claim, `missing` explains the rest."""

import pytest

from connectors import CONNECTORS
from connectors.base.connector import Connector
from schemas import RESOURCES

DECLARED = {
    (resource.name, operation) for resource in RESOURCES.values() for operation in resource.operations
}
CELLS = [(connector, *cell) for connector in CONNECTORS for cell in sorted(DECLARED)]


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)
def test_what_has_no_method_has_a_reason_and_nothing_else_has(connector: Connector) -> None:
    without = {cell for cell in DECLARED if not connector.supports(*cell)}

    assert set(connector.missing) == without


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)
def test_a_reason_says_why_what_instead_and_where_it_was_read(connector: Connector) -> None:
    for missing in connector.missing.values():
        assert missing.reason
        assert missing.alternative
        assert missing.source


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)
def test_no_resource_is_served_that_the_model_does_not_have(connector: Connector) -> None:
    assert set(connector.resources) <= set(RESOURCES)

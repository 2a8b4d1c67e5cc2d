"""What a vendor shows of a write whose answer did not come."""

import msgspec

from connectors.base.tracing import Evidence, Sought
from gateway.dispatch import Dispatcher
from gateway.dispatch.abilities import refuse_disconnected
from gateway.tenants.model import Connection
from gateway.upstream.hops import Ledger
from gateway.upstream.schedule import Lane


async def trace(
    dispatcher: Dispatcher, connection: Connection, sought: Sought, operation_id: str, deadline: float
) -> Evidence:
    """What is found of it. Reads only, in the lane of writes: somebody waits for this one.

    Raises:
        ReconnectNeeded: the end customer has to connect again first.
    """
    connector, _ = dispatcher.targets.reached(connection.target)
    refuse_disconnected(connection)
    marked = connector.mark(sought.call, operation_id) == sought.call
    sought = msgspec.structs.replace(sought, marked=marked)
    wire = dispatcher.upstream.wire(connection, deadline=deadline, ledger=Ledger(), lane=Lane.WRITE)
    return await dispatcher.watched(connection, connector.trace(dispatcher.session(connection, wire), sought))

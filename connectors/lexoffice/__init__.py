"""Lexware Office (formerly lexoffice)."""

from connectors.base.connector import Connector
from connectors.base.errors import KontorError, UpstreamBroken
from connectors.base.wire import Answer, Wire
from connectors.lexoffice.targets import API_KEY, OAUTH, TARGETS


async def identify(wire: Wire):
    raise UpstreamBroken("not yet")


def refusal(answer: Answer) -> KontorError | None:
    return None


CONNECTOR = Connector(
    name="lexoffice",
    title="Lexware Office",
    targets=TARGETS,
    oauth=OAUTH,
    api_key=API_KEY,
    resources={},
    missing={},
    identify=identify,
    refusal=refusal,
)

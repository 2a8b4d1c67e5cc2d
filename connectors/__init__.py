"""The connectors Kontor has: one line each."""

from connectors.base.connector import Connector
from connectors.lexoffice import CONNECTOR as LEXOFFICE

CONNECTORS: tuple[Connector, ...] = (LEXOFFICE,)

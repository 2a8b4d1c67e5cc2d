"""How a twin is set up. The environment is read by the process (`process.read_settings`), never on import."""

from collections.abc import Callable

import msgspec

from sandbox.lexoffice.clock import Ids
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.state import World

DEMO_COMPANIES = ("Muster Handel GmbH", "Blumen Muster e.K.")


class DemoCompany(msgspec.Struct, frozen=True, rename="camel"):
    """What a demo company is known by outside; the same after every reset and restart."""

    id: str
    name: str
    api_key: str
    connection_id: str


class DemoClient(msgspec.Struct, frozen=True, rename="camel"):
    client_id: str
    client_secret: str


class Identity(msgspec.Struct, frozen=True, rename="camel"):
    """Ids and secrets of the demo companies and their OAuth client."""

    organizations: tuple[DemoCompany, ...]
    oauth: DemoClient

    def __repr__(self) -> str:
        return f"Identity({', '.join(company.name for company in self.organizations)})"


def new_identity(ids: Ids) -> Identity:
    companies = tuple(
        DemoCompany(ids.uuid(), name, f"{ids.token(24)}.{ids.token(24)}", ids.uuid())
        for name in DEMO_COMPANIES
    )
    return Identity(companies, DemoClient(ids.uuid(), ids.token(40)))


class TwinSettings(msgspec.Struct, kw_only=True):
    quirks: Quirks = msgspec.field(default_factory=Quirks)
    seeded: bool = True
    """Begin with the demo companies."""
    identity: Identity | None = None
    """Theirs; made up when absent."""
    world: World | None = None
    """Books to go on with, instead of the demo's first day."""
    public_url: str | None = None
    """Where clients reach the twin; taken from the Host header when absent."""
    on_cut: Callable[[], Exception] = ConnectionResetError
    """What an in-process caller gets where a socket would be closed."""

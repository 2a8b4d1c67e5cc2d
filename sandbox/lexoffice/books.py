"""What the twin's hands share: the world, its time and its ids, and how a change is announced."""

from datetime import datetime
from typing import Any

from sandbox.lexoffice.bucket import Buckets
from sandbox.lexoffice.clock import Clock, Ids
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.state import Connection, Contact, Document, Organization, Template, Voucher, World


class Books:
    """Everything that exists, and where to find it, whichever organization it belongs to."""

    clock: Clock
    ids: Ids
    quirks: Quirks
    world: World
    buckets: Buckets
    answers: dict[str, bytes]
    changes: int

    def emit(self, organization_id: str, type: str, resource_id: str, at: datetime | None = None) -> None:
        raise NotImplementedError

    def find(self, document_id: str) -> tuple[Organization, Document]:
        """A sales document; KeyError when nobody has it."""
        return self._find("documents", document_id)

    def find_voucher(self, voucher_id: str) -> tuple[Organization, Voucher]:
        return self._find("vouchers", voucher_id)

    def find_contact(self, contact_id: str) -> tuple[Organization, Contact]:
        return self._find("contacts", contact_id)

    def find_template(self, template_id: str) -> tuple[Organization, Template]:
        return self._find("templates", template_id)

    def _find(self, kind: str, id: str) -> tuple[Organization, Any]:
        for organization in self.world.organizations.values():
            if id in (held := getattr(organization, kind)):
                return organization, held[id]
        raise KeyError(id)

    def connection_of(self, token: str) -> Connection:
        """The connection behind an API key, an access or a refresh token; KeyError without one."""
        world = self.world
        for tokens in (world.api_keys, world.access_tokens, world.refresh_tokens):
            if token in tokens:
                return world.connections[tokens[token]]
        raise KeyError("no such token")

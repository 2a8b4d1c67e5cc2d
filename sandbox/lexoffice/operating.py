"""What Lexware's operators do: companies, keys, OAuth clients, plans, limits."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.lexoffice import access
from sandbox.lexoffice.books import Books
from sandbox.lexoffice.state import (
    FEATURES,
    Client,
    Connection,
    Letterhead,
    Organization,
    PaymentCondition,
    PrintLayout,
    User,
)

DEFAULT_LETTERHEAD = Letterhead(
    "Musterweg 1", "12345", "Musterstadt", phone="030 5550-1", email="post@muster.example",
    tax_number="12/345/67890", vat_id="DE136695976", bank="Musterbank", iban="DE02120300000000202051",
)  # fmt: skip


class Operators(Books):
    def create_organization(
        self, name: str, *, id: str | None = None, letterhead: Letterhead | None = None, **more: Any
    ) -> Organization:
        """A company with one user, the usual payment conditions and print layouts, and empty books."""
        organization = Organization(
            id=id or self.ids.uuid(),
            name=name,
            owner=User(self.ids.uuid(), "Frau Erika Muster", f"erika@{_host_name(name)}.example"),
            letterhead=letterhead or DEFAULT_LETTERHEAD,
            created=self.clock.now(),
            payment_conditions=self._usual_terms(),
            print_layouts=[
                PrintLayout(self.ids.uuid(), "Standard", True),
                PrintLayout(self.ids.uuid(), "English"),
            ],
            **more,
        )
        self.world.organizations[organization.id] = organization
        self.changes += 1
        return organization

    def _usual_terms(self) -> list[PaymentCondition]:
        return [
            PaymentCondition(self.ids.uuid(), "Zahlbar sofort, rein netto", 0),
            PaymentCondition(self.ids.uuid(), "Zahlbar innerhalb von {paymentRange} Tagen", 14, True),
            PaymentCondition(
                self.ids.uuid(),
                "{discountRange} Tage -{discount}, {paymentRange} Tage netto",
                30,
                discount_percentage=Decimal(2),
                discount_range_days=10,
            ),
        ]

    def create_api_key(
        self,
        organization_id: str,
        *,
        key: str | None = None,
        permissions: Iterable[str] | None = None,
        connection_id: str | None = None,
    ) -> str:
        """A key of the organization, with all permissions or the ones given (words of `access.SCOPES`)."""
        organization = self.world.organizations[organization_id]
        connection = Connection(
            id=connection_id or self.ids.uuid(),
            organization_id=organization_id,
            user=organization.owner,
            created=self.clock.now(),
            scopes=None if permissions is None else frozenset(permissions),
            valid_until=self._key_ends(),
        )
        key = key or f"{self.ids.token(24)}.{self.ids.token(24)}"
        self.world.connections[connection.id] = connection
        self.world.api_keys[key] = connection.id
        self.changes += 1
        return key

    def renew_api_key(self, connection_id: str) -> None:
        """What the user does in the app before the key's time is up, or after it."""
        self.world.connections[connection_id].valid_until = self._key_ends()
        self.changes += 1

    def _key_ends(self) -> datetime | None:
        days = self.quirks.api_key_days
        return self.clock.now() + timedelta(days=days) if days else None

    def register_client(self, client: Client) -> Client:
        """Make an OAuth client known, or replace the one of the same id. No scopes means all."""
        if not client.scopes:
            client.scopes = list(access.SCOPES)
        self.world.clients[client.id] = client
        self.changes += 1
        return client

    def set_lapsed(self, organization_id: str, lapsed: bool = True) -> None:
        """The plan has run out: 402 for every call."""
        self.world.organizations[organization_id].lapsed = lapsed
        self.changes += 1

    def set_features(self, organization_id: str, features: Iterable[str]) -> None:
        """Another plan: which business features the profile names."""
        chosen = list(features)
        if unknown := set(chosen) - set(FEATURES):
            raise ValueError(f"no such business feature: {', '.join(sorted(unknown))}")
        self.world.organizations[organization_id].features = chosen
        self.changes += 1

    def rate_limit(self, on: bool) -> None:
        self.quirks.rate_limit = on
        self.buckets.clear()


def _host_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "firma"

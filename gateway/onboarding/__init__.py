"""How an end customer's accounting system becomes a connection, and how the connection ends."""

from collections.abc import Awaitable, Callable

from connectors.base.connector import Identity
from gateway.ambient import Ambient
from gateway.credentials.partner_apps import PartnerApps
from gateway.credentials.tokens import Tokens
from gateway.credentials.vault import Vault
from gateway.onboarding.api_key import KeyConnect
from gateway.onboarding.attempts import Attempts
from gateway.onboarding.completion import Completion, Record
from gateway.onboarding.disconnect import Disconnect
from gateway.onboarding.exchange import Exchange
from gateway.onboarding.oauth import OAuthConnect
from gateway.onboarding.opening import Opening
from gateway.onboarding.profile import Profiles
from gateway.onboarding.sessions import Sessions
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.lookup import LookupHash
from gateway.tenants.model import Connection
from gateway.tenants.return_urls import ReturnUrls
from gateway.upstream.wire import Upstream


class Onboarding:
    """Joins the steps: `opening` (sessions and their pages), `oauth`, `api_key`, `exchange`, `disconnect`."""

    def __init__(
        self,
        *,
        database: Database,
        ambient: Ambient,
        settings: Settings,
        targets: Targets,
        lookup: LookupHash,
        vault: Vault,
        tokens: Tokens,
        partner_apps: PartnerApps,
        directory: Directory,
        connections: Connections,
        return_urls: ReturnUrls,
        upstream: Upstream,
        record: Record,
        unsubscribe: Callable[[Connection], Awaitable[None]],
    ) -> None:
        self.sessions = Sessions(ambient, lookup)
        self._targets = targets
        self._profiles = profiles = Profiles(targets, upstream, ambient, settings)
        completion = Completion(
            database=database,
            ambient=ambient,
            lookup=lookup,
            sessions=self.sessions,
            connections=connections,
            return_urls=return_urls,
            record=record,
        )
        self.opening = Opening(
            database=database,
            ambient=ambient,
            settings=settings,
            targets=targets,
            sessions=self.sessions,
            partner_apps=partner_apps,
            directory=directory,
            connections=connections,
            completion=completion,
            record=record,
        )
        self.oauth = OAuthConnect(
            database=database,
            settings=settings,
            targets=targets,
            partner_apps=partner_apps,
            server=tokens.server,
            tokens=tokens,
            attempts=Attempts(ambient, lookup, vault, self.sessions),
            profiles=profiles,
            completion=completion,
        )
        self.api_key = KeyConnect(
            database=database,
            targets=targets,
            tokens=tokens,
            sessions=self.sessions,
            profiles=profiles,
            completion=completion,
        )
        self.exchange = Exchange(database, ambient, lookup, connections, record)
        self.disconnect = Disconnect(database, ambient, connections, tokens, record, unsubscribe)

    async def identity_of_api_key(self, target: str, key: str) -> Identity:
        """Who is behind an end customer's API key, for set-ups without a page.

        Raises: as `Profiles.identify`, and LookupError for a target without API keys.
        """
        found = self._targets.find(target)
        if found is None or found[0].api_key is None:
            raise LookupError(f"{target!r} takes no API keys")
        return await self._profiles.identify(target, found[0].api_key.prefix + key)

"""Connecting by the end customer's own API key, pasted into the hosted page and checked at once."""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.connector import ApiKey
from connectors.base.errors import KontorError, ReconnectNeeded
from gateway.credentials.tokens import Tokens
from gateway.onboarding.completion import Completion
from gateway.onboarding.profile import Profiles
from gateway.onboarding.refusals import (
    KeyMalformed,
    KeyRefused,
    LinkUsed,
    MethodNotOffered,
    ReturnUrlWithdrawn,
    Stopped,
    TooManyAttempts,
)
from gateway.onboarding.sessions import Browser, ConnectSession, Sessions
from gateway.persistence.database import Database
from gateway.targets import Targets
from gateway.tenants.model import Connection

FINAL = (LinkUsed, ReturnUrlWithdrawn, TooManyAttempts)
"""After these another key would not help."""


class KeyConnect:
    """Checks a key against the vendor's profile, then keeps it."""

    def __init__(
        self,
        *,
        database: Database,
        targets: Targets,
        tokens: Tokens,
        sessions: Sessions,
        profiles: Profiles,
        completion: Completion,
    ) -> None:
        self._database = database
        self._targets = targets
        self._tokens = tokens
        self._sessions = sessions
        self._profiles = profiles
        self._completion = completion

    async def submit(self, found: ConnectSession, browser: Browser, pasted: str, request_id: str) -> str:
        """Where to send the browser, now that the key is kept.

        Raises:
            MethodNotOffered: the session or the target does not take keys.
            Stopped: the key will not do; with `again` the end customer may paste another.
        """
        connector, _ = self._targets.find(found.target) or (None, None)
        if connector is None or connector.api_key is None or found.method == "oauth":
            raise MethodNotOffered("The session does not offer API keys.")
        try:
            key = checked(pasted, connector.api_key)
            async with self._database.write() as session:
                await self._sessions.count_attempt(session, found, browser)
            return await self._keep(found, connector.api_key, key, request_id)
        except KontorError as error:
            final = isinstance(error, FINAL)
            await self._completion.fail(found, error.code, request_id, final=final)
            raise Stopped(error, found, again=not final) from error

    async def _keep(self, found: ConnectSession, declared: ApiKey, key: str, request_id: str) -> str:
        try:
            identity = await self._profiles.identify(found.target, declared.prefix + key)
        except ReconnectNeeded as error:
            raise KeyRefused("The accounting system refuses the API key.", upstream=error.upstream) from error

        async def store(session: AsyncSession, connection: Connection) -> None:
            await self._tokens.store_api_key(session, connection, key)

        return await self._completion.succeed(found, "api_key", identity, store, request_id)


def checked(pasted: str, declared: ApiKey) -> str:
    """The key without the blanks around it. Raises KeyMalformed; the message does not repeat it."""
    key = pasted.strip()
    if not re.fullmatch(declared.pattern, key):
        raise KeyMalformed("The text does not have the form of an API key.")
    return key

"""Connecting by OAuth: from the button of the hosted page to the vendor, and back through the callback."""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.connector import Connector, Target
from connectors.base.errors import KontorError, UpstreamBusy, UpstreamUnreachable
from gateway.credentials.authorization_server import AuthorizationServer
from gateway.credentials.grants import Grant, Refused, Unusable
from gateway.credentials.partner_apps import PartnerApp, PartnerApps
from gateway.credentials.tokens import Tokens
from gateway.onboarding.attempts import Attempt, Attempts
from gateway.onboarding.authorization import (
    Callback,
    authorization_error,
    authorize_address,
    check_issuer,
    read_callback,
)
from gateway.onboarding.completion import Completion
from gateway.onboarding.profile import Profiles
from gateway.onboarding.refusals import (
    CodeRefused,
    ConnectRefusal,
    GrantUnusable,
    MethodNotOffered,
    PartnerAppMissing,
    PartnerAppRefused,
    ReturnUrlWithdrawn,
    Stopped,
    WrongTarget,
)
from gateway.onboarding.sessions import Browser, ConnectSession
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.tenants.model import Connection

log = structlog.get_logger("kontor.onboarding")

CALLBACK = "/auth/callback/"
"""Below the gateway's public address, followed by the target's name: each target has one of its own."""


class OAuthConnect:
    """The code flow with PKCE. Everything that must not happen twice is settled in the database first."""

    def __init__(
        self,
        *,
        database: Database,
        settings: Settings,
        targets: Targets,
        partner_apps: PartnerApps,
        server: AuthorizationServer,
        tokens: Tokens,
        attempts: Attempts,
        profiles: Profiles,
        completion: Completion,
    ) -> None:
        self._database = database
        self._settings = settings
        self._targets = targets
        self._partner_apps = partner_apps
        self._server = server
        self._tokens = tokens
        self._attempts = attempts
        self._profiles = profiles
        self._completion = completion

    async def start(self, found: ConnectSession, browser: Browser) -> str:
        """The vendor's address to send the browser to.

        Raises:
            MethodNotOffered, PartnerAppMissing, ReturnUrlWithdrawn, LinkUsed: nothing was begun.
        """
        connector, target = self._found(found.target)
        if connector.oauth is None or found.method == "api_key":
            raise MethodNotOffered("The session does not offer OAuth.")
        app = await self._partner_app(found)
        async with self._database.write() as session:
            if not await self._completion.may_return(session, found):
                raise ReturnUrlWithdrawn("The return URL is not registered any more.")
            attempt = await self._attempts.begin(session, found, browser)
        return authorize_address(
            connector.oauth,
            self._targets.hosts(target),
            client_id=app.client_id,
            scopes=app.scopes,
            redirect_uri=self.redirect_uri(target.name),
            state=attempt.state,
            verifier=attempt.verifier,
            label=found.label,
        )

    async def finish(self, target: str, query: bytes, browser: Browser | None, request_id: str) -> str:
        """Where to send the browser after the vendor sent it back.

        Raises:
            ConnectRefusal: the callback was not one to act on; nothing was consumed.
            Stopped: the attempt is over; what the vendor had granted by then was given back.
        """
        callback = read_callback(query)
        if self._found(target)[1].name != target:
            raise WrongTarget("Callbacks come under the target's own name.")
        async with self._database.write() as session:
            found, attempt = await self._attempts.consume(session, target, callback.state, browser)
        try:
            return await self._complete(found, attempt, callback, request_id)
        except KontorError as error:
            await self._completion.fail(found, error.code, request_id)
            raise Stopped(error, found) from error

    def redirect_uri(self, target: str) -> str:
        """What has to be registered at the vendor, byte for byte."""
        return f"{self._settings.public_url}{CALLBACK}{target}"

    async def _complete(
        self, found: ConnectSession, attempt: Attempt, callback: Callback, request_id: str
    ) -> str:
        if callback.error is not None:
            raise authorization_error(callback.error)
        _, target = self._found(found.target)
        check_issuer(callback, self._targets.hosts(target))
        app = await self._partner_app(found)
        assert callback.code is not None
        answer = await self._server.redeem(
            target.name,
            app,
            code=callback.code,
            redirect_uri=self.redirect_uri(target.name),
            verifier=attempt.verifier,
        )
        if not isinstance(answer, Grant):
            raise refusal_of(answer)
        try:
            return await self._keep(found, answer, request_id)
        except BaseException:
            await self._give_back(target.name, app, answer)
            raise

    async def _keep(self, found: ConnectSession, grant: Grant, request_id: str) -> str:
        if not grant.access_token or (grant.expires_at is not None and grant.refresh_token is None):
            raise GrantUnusable("The grant cannot be used, or cannot be renewed once it has expired.")
        identity = await self._profiles.identify(found.target, f"Bearer {grant.access_token}")

        async def store(session: AsyncSession, connection: Connection) -> None:
            await self._tokens.store_grant(session, connection, grant)

        return await self._completion.succeed(found, "oauth", identity, store, request_id)

    async def _give_back(self, target: str, app: PartnerApp, grant: Grant) -> None:
        """Revoke what nobody will use. Best effort: the reader is to see why the attempt ended."""
        try:
            await self._server.revoke(target, app, grant.refresh_token or grant.access_token)
        except KontorError as error:
            log.warning("grant_not_given_back", target=target, error=error.code)

    def _found(self, name: str) -> tuple[Connector, Target]:
        found = self._targets.find(name)
        if found is None:
            raise WrongTarget("The target is no longer known.")
        return found

    async def _partner_app(self, found: ConnectSession) -> PartnerApp:
        app = await self._partner_apps.secret(found.tenant_id, found.target)
        if app is None:
            raise PartnerAppMissing("The tenant has no partner app for this target.")
        return app


_REFUSALS: dict[str, type[ConnectRefusal]] = {
    "invalid_client": PartnerAppRefused,
    "unauthorized_client": PartnerAppRefused,
    "invalid_scope": PartnerAppRefused,
    "unsupported_grant_type": PartnerAppRefused,
    "invalid_request": PartnerAppRefused,
}
"""RFC 6749, 5.2; `invalid_grant` and a vendor's own codes concern the code."""


def refusal_of(answer: Refused | Unusable) -> KontorError:
    """Why the token endpoint gave no grant."""
    if isinstance(answer, Refused):
        return _REFUSALS.get(answer.error, CodeRefused)(f"The token endpoint answered {answer.error}.")
    if answer.status == 429:
        return UpstreamBusy("The token endpoint is busy.", retry_after_s=answer.retry_after_s or 60)
    if answer.status is None:
        return UpstreamUnreachable("The token endpoint did not answer.", retry_after_s=30)
    return GrantUnusable(f"The token endpoint gave no usable answer: {answer.why}.")

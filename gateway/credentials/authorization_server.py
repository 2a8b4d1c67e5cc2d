"""Speaks with authorization servers: redeems codes, renews grants, revokes them (RFC 6749 and 7009)."""

import asyncio
from collections.abc import Mapping
from time import perf_counter

import structlog
from msgspec import Struct

from connectors.base.connector import OAuth
from connectors.base.errors import KontorError, Upstream, UpstreamBroken, UpstreamUnreachable
from gateway.ambient import Ambient
from gateway.credentials.grants import Refused, TokenAnswer, Unusable, read_answer
from gateway.credentials.partner_apps import PartnerApp
from gateway.credentials.token_client import TokenClient
from gateway.settings import Settings
from gateway.targets import Targets

log = structlog.get_logger("kontor.tokens")


class AuthorizationServer:
    """One for all targets. No method is to be called inside a transaction but for a refresh's own."""

    def __init__(
        self, targets: Targets, ambient: Ambient, settings: Settings, token_client: TokenClient
    ) -> None:
        self._targets = targets
        self._ambient = ambient
        self._timeout_s = settings.token_timeout_s
        self._patience_s = settings.token_timeout_s + settings.token_late_s
        self._client = token_client

    async def redeem(
        self, target: str, app: PartnerApp, *, code: str, redirect_uri: str, verifier: str | None
    ) -> TokenAnswer:
        """A code's grant. A code can be redeemed once, whatever comes of it."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        if verifier is not None:
            form["code_verifier"] = verifier
        return await self._token_call(target, app, form, self._timeout_s)

    async def renew(self, target: str, app: PartnerApp, refresh_token: str) -> "TokenAnswer | Late":
        """The next grant. At vendors that rotate, `refresh_token` is void from here on.

        So a server that is slow is not hung up on: what it says late is the only token left.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        call = asyncio.create_task(self._token_call(target, app, form, self._patience_s))
        timer = asyncio.create_task(self._ambient.clock.sleep(self._timeout_s))
        try:
            await asyncio.wait((call, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        return call.result() if call.done() else Late(call)

    async def revoke(self, target: str, app: PartnerApp, token: str) -> bool:
        """Whether the vendor has a way to revoke, and it was used. An unknown token is as good as revoked.

        Raises:
            UpstreamUnreachable: it gave no answer, or refused: the token may live on.
        """
        oauth, base = self._server(target)
        if oauth.revoke_path is None:
            return False
        try:
            url = base + oauth.revoke_path
            answer = await self._post(target, url, app, "revoke", {"token": token}, self._timeout_s)
        except (UpstreamUnreachable, UpstreamBroken) as error:
            raise UpstreamUnreachable(f"{target} did not revoke the grant.", retry_after_s=30) from error
        if answer.status not in (200, 204):
            raise UpstreamUnreachable(
                f"{target} answered {answer.status} instead of revoking the grant.",
                retry_after_s=30,
                upstream=Upstream(status=answer.status),
            )
        return True

    async def _token_call(
        self, target: str, app: PartnerApp, form: Mapping[str, str], timeout_s: float
    ) -> TokenAnswer:
        oauth, base = self._server(target)
        asked_at = self._ambient.clock.now()
        try:
            url, purpose = base + oauth.token_path, form["grant_type"]
            answer = await self._post(target, url, app, purpose, form, timeout_s)
        except (UpstreamUnreachable, UpstreamBroken) as error:
            return Unusable(why=error.detail)
        read = read_answer(answer.status, answer.headers, answer.body, asked_at)
        if isinstance(read, (Refused, Unusable)):
            code = read.error if isinstance(read, Refused) else read.why
            log.warning("token_call_failed", target=target, status=answer.status, error=code)
        return read

    async def _post(
        self, target: str, url: str, app: PartnerApp, purpose: str, form: Mapping[str, str], timeout_s: float
    ) -> "Posted":
        started = perf_counter()
        status: int | None = None
        failure: str | None = None
        try:
            status, headers, body = await self._client.post_form(
                url, form, (app.client_id, app.client_secret), timeout_s
            )
            return Posted(status=status, headers=headers, body=body)
        except KontorError as error:
            failure = error.code
            raise
        finally:
            log.info(
                "token_call",
                target=target,
                purpose=purpose,
                status=status,
                failure=failure,
                duration_ms=round((perf_counter() - started) * 1000),
            )

    def _server(self, target: str) -> tuple[OAuth, str]:
        found = self._targets.find(target)
        if found is None or found[0].oauth is None:
            raise LookupError(f"{target!r} has no authorization server")
        connector, its_target = found
        assert connector.oauth is not None
        return connector.oauth, self._targets.hosts(its_target).authorization


class Late(Struct, frozen=True):
    """No answer in time. It is listened to further."""

    coming: asyncio.Task[TokenAnswer]

    def __repr__(self) -> str:
        return "Late(…)"


class Posted(Struct, frozen=True, kw_only=True):
    """An answer of the server. Its body holds secrets."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Posted(status={self.status!r})"

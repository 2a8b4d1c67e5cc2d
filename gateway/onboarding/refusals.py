"""What can stop a connection from being made. Each code has words for people in `gateway/api/texts.py`.

ConnectRefusal (RequestError)
├── at the hosted page:  LinkUnknown 404, LinkExpired 410, LinkUsed 410, BrowserMismatch 403,
│                        PageOutdated 403, MethodNotOffered 409, TooManyAttempts 429
├── at the callback:     CallbackMalformed 400, StateUnknown 400, WrongTarget 400, IssuerMismatch 400,
│                        StateUsed 409, AttemptExpired 410
├── by the vendor:       AccessDenied 403, AuthorizationFailed 502, PartnerAppRefused 502, CodeRefused 502,
│                        GrantUnusable 502, KeyMalformed 422, KeyRefused 422
├── of the outcome:      OrganizationMismatch 409, ReturnUrlWithdrawn 409
└── of programs:         PartnerAppMissing 409, UnknownCode 404, CodeUsed 409
"""

from typing import TYPE_CHECKING

from connectors.base.errors import KontorError
from gateway.errors import RequestError

if TYPE_CHECKING:
    from gateway.onboarding.sessions import ConnectSession


class Stopped(Exception):
    """An attempt that had begun is over: why, and in which session. `again`: the page may be used again."""

    def __init__(self, error: KontorError, session: "ConnectSession", *, again: bool = False) -> None:
        super().__init__(error.code)
        self.error = error
        self.session = session
        self.again = again


class ConnectRefusal(RequestError):
    """No connection was made or changed."""

    retry = "never"
    hint = "Make a new connect session and send the end customer to its address."


class LinkUnknown(ConnectRefusal):
    """The token names no connect session."""

    code = "link_unknown"
    title = "There is no such connect link"
    status = 404


class LinkExpired(ConnectRefusal):
    """The connect session is older than 30 minutes."""

    code = "link_expired"
    title = "The connect link has expired"
    status = 410


class LinkUsed(ConnectRefusal):
    """The connect session is finished, well or badly."""

    code = "link_used"
    title = "The connect link was used before"
    status = 410


class BrowserMismatch(ConnectRefusal):
    """The browser is not the one that began: no cookie of ours, or another."""

    code = "browser_mismatch"
    title = "The connection was begun in another browser"
    status = 403


class PageOutdated(ConnectRefusal):
    """The form does not carry the token of this browser and session."""

    code = "page_outdated"
    title = "The form is out of date"
    status = 403
    hint = "Open the connect link once more."


class MethodNotOffered(ConnectRefusal):
    """The page was asked for a way to connect that it does not offer."""

    code = "method_not_offered"
    title = "This way to connect is not offered"
    status = 409


class TooManyAttempts(ConnectRefusal):
    """Too many API keys were tried over one link."""

    code = "too_many_attempts"
    title = "Too many API keys were tried"
    status = 429


class CallbackMalformed(ConnectRefusal):
    """The callback's parameters are missing, doubled, too long or contradict each other."""

    code = "callback_malformed"
    title = "The callback cannot be read"
    status = 400


class StateUnknown(ConnectRefusal):
    """No attempt of ours has this state."""

    code = "state_unknown"
    title = "The state belongs to no attempt"
    status = 400


class StateUsed(ConnectRefusal):
    """The state was consumed before; the first use counts."""

    code = "state_used"
    title = "The state was used before"
    status = 409


class AttemptExpired(ConnectRefusal):
    """More than 10 minutes passed between start and callback."""

    code = "attempt_expired"
    title = "The authorization took too long"
    status = 410


class WrongTarget(ConnectRefusal):
    """The callback of one target was called with the state of another."""

    code = "wrong_target"
    title = "The callback belongs to another target"
    status = 400


class IssuerMismatch(ConnectRefusal):
    """The callback names an issuer that is not the target's (RFC 9207)."""

    code = "issuer_mismatch"
    title = "The callback comes from another authorization server"
    status = 400


class AccessDenied(ConnectRefusal):
    """The end customer did not consent."""

    code = "access_denied"
    title = "The end customer declined the access"
    status = 403


class AuthorizationFailed(ConnectRefusal):
    """The authorization server ended the attempt with an error of its own."""

    code = "authorization_failed"
    title = "The authorization server reported an error"
    status = 502


class PartnerAppRefused(ConnectRefusal):
    """The vendor refuses the tenant's OAuth client, its scopes or its redirect address."""

    code = "partner_app_refused"
    title = "The accounting system refuses the partner app"
    status = 502
    retry = "after_fix"
    hint = "Check client id, secret, scopes and the redirect address registered at the vendor."


class CodeRefused(ConnectRefusal):
    """The token endpoint refused the authorization code."""

    code = "code_refused"
    title = "The accounting system refused the authorization code"
    status = 502


class GrantUnusable(ConnectRefusal):
    """The token endpoint's answer holds no usable tokens."""

    code = "grant_unusable"
    title = "The accounting system gave no usable tokens"
    status = 502


class KeyMalformed(ConnectRefusal):
    """The text is no API key of this target; the vendor was not asked."""

    code = "key_malformed"
    title = "This is no API key"
    status = 422
    retry = "after_fix"
    hint = "The end customer has to paste the whole key."


class KeyRefused(ConnectRefusal):
    """The vendor does not know the API key, or it is withdrawn or expired."""

    code = "key_refused"
    title = "The accounting system refuses the API key"
    status = 422
    retry = "after_fix"
    hint = "The end customer has to make a new key and paste it."


class OrganizationMismatch(ConnectRefusal):
    """On reconnecting, another organization than before granted the access."""

    code = "organization_mismatch"
    title = "Another organization than before"
    status = 409
    hint = (
        "The end customer has to sign in with the former organization. If the change is meant, "
        "make a new connect session with acceptOtherOrganization true."
    )


class ReturnUrlWithdrawn(ConnectRefusal):
    """The return URL of the session is no longer registered."""

    code = "return_url_withdrawn"
    title = "The return URL is not registered any more"
    status = 409
    retry = "after_fix"
    hint = "Register the return URL and make a new connect session."


class PartnerAppMissing(ConnectRefusal):
    """OAuth was asked for, but the tenant has no partner app at this target."""

    code = "partner_app_missing"
    title = "No partner app is deposited for this target"
    status = 409
    retry = "after_fix"
    hint = "Deposit client id and secret with PUT /v1/targets/{target}/credentials."


class UnknownCode(ConnectRefusal):
    """No such one-time code for this caller: never issued, expired, or of another tenant or environment."""

    code = "unknown_code"
    title = "There is no such one-time code"
    status = 404
    hint = "Codes live 10 minutes. Send the end customer through a new connect session for the connection."


class CodeUsed(ConnectRefusal):
    """The caller exchanged this code before."""

    code = "code_used"
    title = "The one-time code was exchanged before"
    status = 409
    hint = "Use the account key of the first exchange, or make a new one under /v1/connections."

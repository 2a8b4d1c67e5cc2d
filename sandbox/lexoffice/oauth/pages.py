"""The pages a person sees while connecting an application. Plain forms, no script."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from sandbox.lexoffice.oauth import words
from sandbox.lexoffice.oauth.authorizing import Asked
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.wire import Reply

HERE = Path(__file__).parent
CONSENT = Template((HERE / "consent.html").read_text())
REFUSAL = Template((HERE / "refusal.html").read_text())
CARRIED = (
    "client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "state", "scope",
    "connection_name",
)  # fmt: skip


def consent(asked: Asked, organizations: Iterable[Organization], parameters: dict[str, str]) -> Reply:
    """The question whether the application may, for which company, and what exactly."""
    options = "\n".join(f'<option value="{escape(o.id)}">{escape(o.name)}</option>' for o in organizations)
    rights = "\n".join(
        f"<li><strong>{escape(resource)}</strong> <span>{escape(given)}</span></li>"
        for resource, given in words.by_resource(asked.scopes)
    )
    hidden = "\n".join(
        f'<input type="hidden" name="{name}" value="{escape(parameters[name])}">'
        for name in CARRIED
        if name in parameters
    )
    target = urlsplit(asked.redirect_uri)
    page = CONSENT.substitute(
        application=escape(asked.client.name),
        connection=escape(asked.connection_name),
        host=escape(target.netloc),
        options=options,
        rights=rights,
        hidden=hidden,
    )
    # A browser applies form-action to every redirect that follows the form, the client's own onward ones too.
    return html(page, form_action="*")


def refusal(reason: str) -> Reply:
    """A request that cannot even be sent back: 400."""
    return html(REFUSAL.substitute(reason=escape(reason)), 400)


def html(page: str, status: int = 200, form_action: str = "'none'") -> Reply:
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {form_action}"
    )
    headers = (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
    )
    return Reply(status, page.encode(), headers)

"""How a page reaches a person: templates, language, cookies, and headers that let it do nothing else."""

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from connectors.base.errors import KontorError
from gateway.api.problems import problem_answer
from gateway.api.texts import LANGUAGES, WORDS, explanation, preferred
from gateway.onboarding.offers import Offer
from gateway.onboarding.sessions import Browser

TEMPLATES = Environment(loader=PackageLoader("gateway.api"), autoescape=True, undefined=StrictUndefined)
COOKIE_LIFE_S = 3600
LANGUAGE_COOKIE = "kontor-language"
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
SOME_TARGET = {"de": "Ihr Buchhaltungssystem", "en": "your accounting system"}

FIXED_HEADERS = (
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
)


class Visit(Struct, frozen=True, kw_only=True):
    """One request of a browser."""

    request_id: str
    language: str
    chosen_language: str | None
    """Set when the visitor has just switched."""
    browser: Browser | None
    wants_json: bool
    cookie_name: str
    secure: bool


def visit(
    request: Request[Any, Any, Any], public_url: str, request_id: str, form_language: str | None
) -> Visit:
    """What the request says about who is looking."""
    name, secure = cookie_for(public_url)
    asked = request.query_params.get("lang")
    chosen = asked if asked in LANGUAGES else None
    accept = request.headers.get("accept", "")
    return Visit(
        request_id=request_id,
        language=preferred(
            request.headers.get("accept-language", ""),
            (chosen, form_language, request.cookies.get(LANGUAGE_COOKIE)),
        ),
        chosen_language=chosen,
        browser=Browser.of(request.cookies.get(name)),
        wants_json="json" in accept and "text/html" not in accept,
        cookie_name=name,
        secure=secure,
    )


def cookie_for(public_url: str) -> tuple[str, bool]:
    """Name of the browser's cookie and whether it is Secure.

    On https the prefix `__Host-` keeps other hosts of the domain from planting it. On plain http, for
    loopback only, browsers refuse that prefix, and cookies ignore ports: so the port goes into the name.
    """
    parts = urlsplit(public_url)
    if parts.scheme == "https":
        return "__Host-kontor-connect", True
    return f"kontor-connect-{parts.port or 80}", False


def connect_page(
    seen: Visit, offer: Offer, page_token: str, browser: Browser, error: KontorError | None = None
) -> ASGIResponse:
    """The page behind a connect link, with the last problem above its forms."""
    texts = {
        name: text.format(target=offer.target_title, tenant=offer.tenant)
        for name, text in msgspec.structs.asdict(WORDS[seen.language]).items()
    }
    body = TEMPLATES.get_template("connect.html").render(
        language=seen.language,
        switch_language=next(language for language in LANGUAGES if language != seen.language)
        if error is None
        else None,
        words=texts,
        offer=offer,
        page_token=page_token,
        problem=_told(error, seen.language, offer.target_title) if error else None,
        request_id=seen.request_id,
    )
    policy = " ".join(["'self'", *ways_of(offer.authorization_origin), *ways_of(offer.return_url)])
    return html(seen, body, error.status if error else 200, form_action=policy, browser=browser)


def problem_page(
    seen: Visit,
    error: KontorError,
    *,
    target: str | None = None,
    tenant: str | None = None,
    back: str | None = None,
) -> ASGIResponse:
    """What went wrong, for a person; for programs the problem itself."""
    if seen.wants_json:
        return problem_answer(error, seen.request_id)
    body = TEMPLATES.get_template("problem.html").render(
        language=seen.language,
        problem=_told(error, seen.language, target),
        back=back,
        back_text=WORDS[seen.language].back.format(tenant=tenant),
        reference=WORDS[seen.language].reference,
        request_id=seen.request_id,
    )
    return html(seen, body, error.status, retry_after_s=error.retry_after_s)


def html(
    seen: Visit,
    body: str,
    status: int,
    *,
    form_action: str = "'none'",
    browser: Browser | None = None,
    retry_after_s: float | None = None,
) -> ASGIResponse:
    """A page that may load our one style sheet, submit where it says, and nothing else."""
    policy = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {form_action}"
    )
    headers = [*FIXED_HEADERS, ("content-security-policy", policy), ("request-id", seen.request_id)]
    headers += [("content-language", seen.language), ("vary", "Accept-Language, Cookie")]
    if browser is not None:
        headers.append(("set-cookie", _cookie(seen, seen.cookie_name, browser.secret)))
    if seen.chosen_language is not None:
        headers.append(("set-cookie", _cookie(seen, LANGUAGE_COOKIE, seen.chosen_language)))
    if retry_after_s is not None:
        headers.append(("retry-after", str(max(1, round(retry_after_s)))))
    return ASGIResponse(body=body.encode(), status_code=status, headers=headers, media_type="text/html")


def redirect(seen: Visit, address: str) -> ASGIResponse:
    """Send the browser elsewhere, with GET."""
    headers = [*FIXED_HEADERS, ("location", address), ("request-id", seen.request_id)]
    return ASGIResponse(body=b"", status_code=303, headers=headers, media_type="text/plain")


def ways_of(url: str) -> list[str]:
    """Where a form may lead that ends at `url`: its origin, and the other hosts of its domain.

    Browsers hold every redirect that follows a form against this policy, and vendors and tenants send people
    on from `app.` to `login.` or `www.`: naming the one origin alone would leave them stuck.
    """
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if not ORIGIN.fullmatch(origin):
        return []
    labels = (parts.hostname or "").split(".")
    if parts.scheme != "https" or not labels[-1].isalpha() or len(labels) < 2:
        return [origin]
    domain = ".".join(labels[1:] if len(labels) > 2 else labels)
    return list(dict.fromkeys((origin, f"https://{domain}", f"https://*.{domain}")))


def _told(error: KontorError, language: str, target: str | None) -> Any:
    told = explanation(error.code, language)
    named = target or SOME_TARGET[language]
    return {
        name: text[:1].upper() + text[1:]
        for name, text in (
            (field, getattr(told, field).format(target=named)) for field in told.__struct_fields__
        )
    }


def _cookie(seen: Visit, name: str, value: str) -> str:
    secure = "; Secure" if seen.secure else ""
    return f"{name}={value}; Path=/; Max-Age={COOKIE_LIFE_S}; HttpOnly; SameSite=Lax{secure}"

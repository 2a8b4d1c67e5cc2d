"""The pages that end customers see: behind a connect link, and where the vendor sends them back."""

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from litestar import HttpMethod, Request
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from connectors.base.errors import KontorError
from gateway.api.pages import Visit, connect_page, problem_page, redirect, visit
from gateway.api.request_log import Entry
from gateway.api.rooms import Rooms
from gateway.errors import Fault, Malformed, TooLarge, WrongContentType
from gateway.onboarding.refusals import BrowserMismatch, MethodNotOffered, Stopped
from gateway.onboarding.sessions import Browser
from gateway.telemetry.log import fault

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 16 * 1024
BROWSER_BYTES = 32
STYLE = Path(__file__).parent / "static" / "connect.css"

Form = dict[str, str]
Page = Callable[["Pages", Request[Any, Any, Any], Visit, Form], Awaitable[ASGIResponse]]


class Pages:
    """Serves a browser. What it may do is decided in `gateway.onboarding`; this is how it is told."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms

    async def show(self, request: Request[Any, Any, Any], seen: Visit, form: Form) -> ASGIResponse:
        """The page behind a link. Looking at it uses nothing up: link previews do that, too."""
        opening = self.rooms.onboarding.opening
        link: str = request.path_params["link"]
        _, offer = await opening.page(link, seen.browser)
        browser = seen.browser or Browser(self.rooms.ambient.randomness.token(BROWSER_BYTES))
        return connect_page(seen, offer, opening.page_token(browser, link), browser)

    async def submit(self, request: Request[Any, Any, Any], seen: Visit, form: Form) -> ASGIResponse:
        """A form of that page: on to the vendor, or a pasted API key."""
        onboarding = self.rooms.onboarding
        link: str = request.path_params["link"]
        if seen.browser is None:
            raise BrowserMismatch("The browser sends no cookie of ours.")
        found, offer = await onboarding.opening.page(link, seen.browser)
        onboarding.opening.check_page_token(seen.browser, link, form.get("page", ""))
        if form.get("method") == "oauth":
            return redirect(seen, await onboarding.oauth.start(found, seen.browser))
        if form.get("method") != "api_key":
            raise MethodNotOffered("The form names no way to connect.")
        try:
            address = await onboarding.api_key.submit(
                found, seen.browser, form.get("key", ""), seen.request_id
            )
        except Stopped as stopped:
            if not stopped.again or seen.wants_json:
                raise
            token = onboarding.opening.page_token(seen.browser, link)
            return connect_page(seen, offer, token, seen.browser, stopped.error)
        return redirect(seen, address)

    async def callback(self, request: Request[Any, Any, Any], seen: Visit, form: Form) -> ASGIResponse:
        """Where the vendor sends the browser back to."""
        address = await self.rooms.onboarding.oauth.finish(
            request.path_params["target"], request.scope["query_string"], seen.browser, seen.request_id
        )
        return redirect(seen, address)

    async def stopped(self, seen: Visit, stopped: Stopped) -> ASGIResponse:
        """The end of an attempt, with the way back to the tenant's software."""
        found = stopped.session
        way_back = await self.rooms.onboarding.opening.way_back(found, stopped.error.code)
        tenant, back = way_back if way_back else (None, None)
        return problem_page(seen, stopped.error, target=self.title(found.target), tenant=tenant, back=back)

    def title(self, target: str | None) -> str | None:
        """The accounting system's name for people."""
        found = self.rooms.targets.find(target) if target else None
        return found[0].title if found else None


def handlers(rooms: Rooms) -> list[HTTPRouteHandler]:
    """Litestar handlers of the pages and their style sheet."""
    pages = Pages(rooms)
    return [
        _handler(pages, HttpMethod.GET, "/connect/{link:str}", Pages.show),
        _handler(pages, HttpMethod.HEAD, "/connect/{link:str}", Pages.show),
        _handler(pages, HttpMethod.POST, "/connect/{link:str}", Pages.submit),
        _handler(pages, HttpMethod.GET, "/auth/callback/{target:str}", Pages.callback),
        _style_handler(rooms),
    ]


def _handler(pages: Pages, method: HttpMethod, path: str, page: Page) -> HTTPRouteHandler:
    async def handle(request: Request[Any, Any, Any]) -> ASGIResponse:
        return await _serve(pages, method, path, page, request)

    return HTTPRouteHandler(path, http_method=method, status_code=200, include_in_schema=False)(handle)


async def _serve(
    pages: Pages, method: HttpMethod, path: str, page: Page, request: Request[Any, Any, Any]
) -> ASGIResponse:
    """Serve one visit and leave one line about it, which names neither link nor code."""
    rooms = pages.rooms
    started = rooms.ambient.clock.monotonic()
    request_id = rooms.ambient.ids.new("req")
    request.scope["state"]["request_id"] = request_id
    seen = visit(request, rooms.settings.public_url, request_id, None)
    code: str | None = None
    try:
        form = await _form(request) if method is HttpMethod.POST else {}
        seen = visit(request, rooms.settings.public_url, request_id, form.get("lang"))
        answer = await page(pages, request, seen, form)
    except Stopped as stopped:
        code = stopped.error.code
        answer = await pages.stopped(seen, stopped)
    except KontorError as error:
        code = error.code
        answer = problem_page(seen, error, target=pages.title(request.path_params.get("target")))
    except Exception as exception:
        fault(exception, request_id=request_id, route=path)
        code = Fault.code
        answer = problem_page(seen, Fault("An internal error occurred."))
    seconds = rooms.ambient.clock.monotonic() - started
    rooms.request_log.add(_entry(rooms, request_id, method, path, answer.status_code, code, seconds))
    return answer


async def _form(request: Request[Any, Any, Any]) -> Form:
    """The fields of a form; each once.

    Raises:
        WrongContentType, TooLarge, Malformed: it is not one of ours.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise WrongContentType(FORM)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            raise TooLarge(FORM_LIMIT)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as error:
        raise Malformed("The form cannot be read.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("The form has a field twice.")
    return fields


def _entry(
    rooms: Rooms, request_id: str, method: str, path: str, status: int, code: str | None, seconds: float
) -> Entry:
    return Entry(
        request_id=request_id,
        at=rooms.ambient.clock.now(),
        tenant_id=None,
        environment=None,
        key_id=None,
        connection_id=None,
        target=None,
        method=method,
        route=path,
        path_id=None,
        status=status,
        code=code,
        duration_ms=int(seconds * 1000),
        upstream_calls=0,
        upstream_trace_ids=[],
    )


def _style_handler(rooms: Rooms) -> HTTPRouteHandler:
    async def style(request: Request[Any, Any, Any]) -> ASGIResponse:
        headers = [("cache-control", "public, max-age=3600"), ("x-content-type-options", "nosniff")]
        headers.append(("request-id", rooms.ambient.ids.new("req")))
        return ASGIResponse(body=_style(), headers=headers, media_type="text/css")

    return HTTPRouteHandler(
        "/assets/connect.css", http_method=HttpMethod.GET, status_code=200, include_in_schema=False
    )(style)


@cache
def _style() -> bytes:
    return STYLE.read_bytes()

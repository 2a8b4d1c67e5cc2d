"""What people see: readable on a phone, in two languages, with nothing from elsewhere and nothing blocked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.running import Tenant
from tests.launch.test_first_hour import Kontor

pytestmark = [pytest.mark.needs("browser"), pytest.mark.timeout(240)]

SIZES = {"phone": {"width": 320, "height": 640}, "desk": {"width": 1280, "height": 800}}


def hosted(page: Page, kontor: Kontor, program: Tenant) -> None:
    page.goto(program.session())


def refused_key(page: Page, kontor: Kontor, program: Tenant) -> None:
    hosted(page, kontor, program)
    page.locator("#key").fill("x" * 40)
    page.locator("button[value=api_key]").click()
    page.get_by_role("alert").wait_for()


def consent(page: Page, kontor: Kontor, program: Tenant) -> None:
    hosted(page, kontor, program)
    page.locator("button[value=oauth]").click()
    page.get_by_role("button", name="Zugriff erlauben").wait_for()


def denied(page: Page, kontor: Kontor, program: Tenant) -> None:
    consent(page, kontor, program)
    page.get_by_role("button", name="Ablehnen").click()
    page.wait_for_url("**/auth/callback/**")


def unknown_link(page: Page, kontor: Kontor, program: Tenant) -> None:
    page.goto(f"{kontor.demo()['baseUrl']}/connect/nosuchlink")


def error_codes(page: Page, kontor: Kontor, program: Tenant) -> None:
    page.goto(f"{kontor.demo()['baseUrl']}/docs/errors")


Way = Callable[[Page, Kontor, Tenant], None]
PAGES: dict[str, Way] = {
    "hosted": hosted,
    "refused_key": refused_key,
    "consent": consent,
    "denied": denied,
    "unknown_link": unknown_link,
    "error_codes": error_codes,
}


@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window_and_breaks_no_rule(
    browser: Browser, kontor: Kontor, program: Tenant, tmp_path: Path, name: str, size: str, language: str
) -> None:
    viewport: Any = SIZES[size]
    context = browser.new_context(locale=language, viewport=viewport, color_scheme="light")
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console", lambda message: said.append(message.text) if "status of 4" not in message.text else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))

    PAGES[name](page, kontor, program)

    page.screenshot(path=str(tmp_path / f"{name}-{size}-{language}.png"), full_page=True)
    widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    homes = (kontor.demo()["baseUrl"], kontor.demo()["twinUrl"])
    assert widths[0] <= widths[1]
    assert [url for url in asked if not url.startswith((*homes, "data:"))] == []
    assert said == []
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") in ("de", "en")
    unnamed = page.locator("input:not([type=hidden]), select").evaluate_all(
        "all => all.filter(e => !e.labels.length).length"
    )
    assert unnamed == 0
    context.close()


@pytest.mark.parametrize(
    ("language", "title"), [("de-DE", "Lexware Office verbinden"), ("en-GB", "Connect Lexware Office")]
)
def test_the_hosted_page_speaks_the_visitors_language(
    browser: Browser, kontor: Kontor, program: Tenant, language: str, title: str
) -> None:
    page = browser.new_context(locale=language).new_page()
    hosted(page, kontor, program)

    assert page.get_by_role("heading", level=1).inner_text() == title
    page.context.close()

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.running import Tenant, tenant
from tests.launch.test_first_hour import Kontor


@pytest.fixture(scope="module")
def kontor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kontor]:
    """`kontor up`, one for all tests of a module."""
    run = Kontor(tmp_path_factory.mktemp("e2e") / "data")
    yield run
    run.stop()
    run.close()


@pytest.fixture
def program(kontor: Kontor) -> Iterator[Tenant]:
    """The demo tenant's program, with a return address of its own."""
    demo = kontor.demo()
    with tenant(demo["baseUrl"], demo["apiKey"]) as found:
        yield found


@pytest.fixture(scope="module")
def browser(chromium: dict[str, Any]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(**chromium)
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here, and reads German."""
    context = browser.new_context(locale="de-DE")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()

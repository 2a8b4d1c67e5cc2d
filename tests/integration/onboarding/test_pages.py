"""What the pages tell a browser to do, and what they do not let it do."""

import re

import pytest

from gateway.api.pages import cookie_for, ways_of
from gateway.api.texts import LANGUAGES, PROBLEMS, WORDS, preferred
from gateway.onboarding import refusals
from tests.integration.onboarding.people import CALLBACK, Person, Program, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio


async def test_a_page_may_load_its_style_and_nothing_else(tenant: Program, customer: Person) -> None:
    page = await customer.open((await tenant.session())["url"])

    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"].split() == [
        "'self'",
        "http://twin.test",
        "https://app.muster-software.example",
        "https://muster-software.example",
        "https://*.muster-software.example",
    ]
    assert "script" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["page", "/connect/" + "a" * 32, CALLBACK])
async def test_pages_are_not_kept_framed_or_told_about(tenant: Program, customer: Person, path: str) -> None:
    answer = await customer.open((await tenant.session())["url"] if path == "page" else path)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["request-id"].startswith("req_")


async def test_redirects_are_not_kept_or_told_about(tenant: Program, customer: Person) -> None:
    session = await tenant.session()
    started = await customer.press(session["url"])
    finished = await customer.open(await customer.consent(started.headers["location"]))

    for answer in (started, finished):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_the_pages_have_no_script(tenant: Program, customer: Person) -> None:
    page = await customer.open((await tenant.session())["url"])

    assert "<script" not in page.text
    assert not re.search(r"\son\w+=|style=", page.text)


async def test_the_style_sheet_is_ours(customer: Person) -> None:
    style = await customer.open("/assets/connect.css")

    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(" not in style.text
    assert "@import" not in style.text


async def test_what_tenants_write_is_text(stage: Stage, customer: Person) -> None:
    hostile = "<script>alert(1)</script>"
    tenant = await program(stage, name=hostile)

    page = await customer.open((await tenant.session(label='"><img src=x>{{7*7}}'))["url"])

    assert hostile not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "{{7*7}}" in page.text


@pytest.mark.parametrize(
    ("accept", "query", "language", "words"),
    [
        ("", "", "de", "Lexware Office verbinden"),
        ("en-GB,en;q=0.9", "", "en", "Connect Lexware Office"),
        ("fr,it", "", "de", "Lexware Office verbinden"),
        ("en;q=0.5,de;q=0.9", "", "de", "Lexware Office verbinden"),
        ("de", "?lang=en", "en", "Connect Lexware Office"),
        ("en", "?lang=xx", "en", "Connect Lexware Office"),
        ("en;q=kaputt,,;;", "", "en", "Connect Lexware Office"),
    ],
)
async def test_the_page_speaks_the_visitors_language(
    tenant: Program, customer: Person, accept: str, query: str, language: str, words: str
) -> None:
    page = await customer.open((await tenant.session())["url"] + query, headers={"accept-language": accept})

    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language
    assert words in page.text


async def test_a_chosen_language_is_kept_until_the_end(tenant: Program, customer: Person) -> None:
    url = (await tenant.session())["url"]
    await customer.open(url + "?lang=en")

    page = await customer.open(await customer.consent(await customer.start(url), allow=False))

    assert "You declined the access" in page.text


async def test_fields_have_labels(tenant: Program, customer: Person) -> None:
    page = await customer.open((await tenant.session())["url"])

    shown = re.findall(r'<input id="(\w+)"', page.text)
    assert shown == ["key"]
    assert '<label for="key">' in page.text
    assert re.search(r'<input id="key"[^>]* autocomplete="off"', page.text)


async def test_programs_get_problems(customer: Person) -> None:
    answer = await customer.open("/connect/" + "a" * 32, headers={"accept": "application/json"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "link_unknown"


async def test_a_form_of_another_type_is_refused(tenant: Program, customer: Person) -> None:
    url = (await tenant.session())["url"]
    await customer.open(url)

    answer = await customer.client.post(url, json={"method": "oauth"})

    assert answer.status_code == 415


async def test_a_form_with_a_doubled_field_is_refused(tenant: Program, customer: Person) -> None:
    url = (await tenant.session())["url"]
    await customer.open(url)

    answer = await customer.client.post(
        url,
        content="method=oauth&method=api_key",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 400


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    tenant: Program, customer: Person
) -> None:
    page = await customer.open((await tenant.session())["url"])

    cookie = page.headers["set-cookie"]
    assert cookie.startswith("kontor-connect-8080=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {
        "Path=/",
        "Max-Age=3600",
        "HttpOnly",
        "SameSite=Lax",
    }


def test_on_https_the_cookie_is_bound_to_the_host_and_secure() -> None:
    assert cookie_for("https://kontor.muster-software.example") == ("__Host-kontor-connect", True)


def test_on_loopback_the_cookie_names_the_port() -> None:
    assert cookie_for("http://127.0.0.1:8123") == ("kontor-connect-8123", False)


@pytest.mark.parametrize(
    ("url", "ways"),
    [
        (
            "https://app.lexware.de",
            ["https://app.lexware.de", "https://lexware.de", "https://*.lexware.de"],
        ),
        (
            "https://muster.example/x?y#z",
            ["https://muster.example", "https://*.muster.example"],
        ),
        ("http://127.0.0.1:8091/x", ["http://127.0.0.1:8091"]),
        ("https://127.0.0.1:8091/x", ["https://127.0.0.1:8091"]),
        ("http://localhost:3000/", ["http://localhost:3000"]),
        ("https://[::1]:3000/", ["https://[::1]:3000"]),
        ("https://a;script-src *//", []),
        ("https://a b.example/", []),
    ],
)
def test_forms_may_lead_on_within_the_domain(url: str, ways: list[str]) -> None:
    assert ways_of(url) == ways


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_words_of_its_own(language: str) -> None:
    codes = {
        kind.code
        for kind in vars(refusals).values()
        if isinstance(kind, type)
        and issubclass(kind, refusals.ConnectRefusal)
        and kind is not refusals.ConnectRefusal
    }
    only_for_programs = {"unknown_code", "code_used"}

    assert len(codes) > 20
    assert codes - only_for_programs - set(PROBLEMS[language]) == set()


def test_both_languages_tell_of_the_same_problems() -> None:
    assert set(PROBLEMS["de"]) == set(PROBLEMS["en"])
    assert set(WORDS) == set(PROBLEMS) == set(LANGUAGES)


def test_an_endless_language_header_is_read_to_a_point() -> None:
    assert preferred("x," * 100_000 + "en") == "de"

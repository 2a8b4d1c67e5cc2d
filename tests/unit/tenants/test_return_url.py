import pytest

from gateway.tenants.return_urls import unfit

FIT = [
    "https://app.example.org/kontor/done",
    "https://app.example.org",
    "https://app.example.org:8443/done?tenant=1&x=%2Fy",
    "https://app.example.org/a/../b",
    "https://xn--mller-kva.example/done",
    "https://APP.example.org/Done",
    "https://203.0.113.7/done",
    "https://[2001:db8::7]/done",
    "http://localhost:3000/done",
    "http://127.0.0.1:3000/done",
    "http://[::1]:3000/done",
    "https://localhost/done",
]

UNFIT = [
    "",
    " ",
    "/done",
    "//app.example.org/done",
    "///app.example.org/done",
    "app.example.org/done",
    "https:app.example.org",
    "https:/app.example.org",
    "https:///app.example.org",
    "https://",
    "https:///done",
    "https://?x=1",
    "https://:443/",
    "HTTPS//app.example.org",
    "http://app.example.org/done",
    "http://localhost.example.org/done",
    "http://127.0.0.1.example.org/done",
    "http://2130706433/done",
    "http://0x7f.1/done",
    "http://0.0.0.0/done",
    "http://[::]/done",
    "http://[::ffff:7f00:1]x/done",
    "ftp://app.example.org/done",
    "data:text/html,<script>alert(1)</script>",
    "javascript:alert(1)",
    "javascript://app.example.org/%0Aalert(1)",
    "file:///etc/passwd",
    "about:blank",
    "mailto:erika@example.org",
    "ws://localhost/done",
    "https://erika@app.example.org/done",
    "https://erika:muster@app.example.org/done",
    "https://app.example.org@evil.example/done",
    "https://app.example.org%40evil.example/done",
    "https://@app.example.org/",
    "https://app.example.org\\@evil.example/done",
    "https://app.example.org\\.evil.example/",
    "https:\\\\app.example.org\\done",
    "https://evil.example\\/app.example.org",
    "\\\\app.example.org",
    "https://app.example.org/done#fragment",
    "https://app.example.org/done#",
    "https://app.example.org#@evil.example/",
    "https://app.example.org/do ne",
    "https://app.example.org/done\n",
    "https://app.example.org/\r\nLocation: https://evil.example",
    "https://app.example.org/\x00",
    "https://app.example.org/\t",
    "\thttps://app.example.org/",
    " https://app.example.org/",
    "https://app.example.org/ ",
    "https://app.example.org/\x7f",
    "https://app。example。org/done",
    "https://app․example․org/",
    "https://example．org/",
    "https://аpp.example.org/",
    "https://müller.example/done",
    "https://app.example.org／done",
    "https://app.example.org/ä",
    "https://app%2eexample%2eorg/done",
    "https://app.example.org%2fdone",
    "https://app.example.org%00.evil.example/",
    "https://app..example.org/",
    "https://.example.org/",
    "https://-app.example.org/",
    "https://app-.example.org/",
    "https://*.example.org/done",
    "https://app_1.example.org/",
    "https://app.example.org:port/",
    "https://app.example.org:99999/",
    "https://app.example.org:-1/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://" + "a" * 64 + ".example/",
    "https://app.example.org/" + "a" * 2048,
]


@pytest.mark.parametrize("url", FIT)
def test_a_browser_may_be_sent_there(url: str) -> None:
    assert unfit(url) is None


@pytest.mark.parametrize("url", UNFIT)
def test_a_browser_must_not_be_sent_there(url: str) -> None:
    assert unfit(url) is not None


def test_the_table_of_what_is_refused_is_as_long_as_it_has_to_be() -> None:
    assert len(set(UNFIT)) >= 60


def test_a_carriage_return_inside_the_scheme_is_not_skipped_as_browsers_do() -> None:
    assert unfit("ht\ntps://app.example.org/") is not None

"""Log lines: one a fact, whatever its strings hold, and without what looks like a secret."""

import json
import logging
from collections.abc import Callable, Iterator

import msgspec
import pytest
import structlog

from gateway.settings import Settings
from gateway.telemetry import log
from gateway.telemetry.calls import UpstreamCall

CALL = UpstreamCall(
    target="lexoffice-sandbox",
    connection="con_1",
    purpose="invoices.get",
    method="GET",
    status=200,
    failure=None,
    duration_s=0.012,
    waited_s=0.5,
    attempt=1,
    received_bytes=2048,
    trace_id="abc-1",
)

HOSTILE = {
    "LF": "a\n{}",
    "CR": "a\rb",
    "CRLF": "a\r\nb",
    "NUL": "a\x00b",
    "clear screen": "\x1b[2J",
    "title": "\x1b]0;owned\x07",
    "C1 control sequence": "\x9b31m",
    "next line": "a\x85b",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "vertical tab": "a\x0bb",
    "right to left": "\u202egnp.exe",
    "delete": "a\x7fb",
    "umlaut": "Müller & Söhne",
    "emoji": "\U0001f600",
    "half a surrogate pair": "a\ud800b",
    "its escape": "\\ud800",
}

SECRETS = [
    "kontor_test_4fzYh2k9vQ1xR7mNc3Lp8w",
    "kontor_live_4fzYh2k9vQ1xR7mNc3Lp8w",
    "kontor_account_4fzYh2k9-Q1xR7_Nc3Lp8w",
    "Bearer 0123456789abcdef",
    "bearer 0123456789abcdef",
    "BeArEr 0123456789abcdef",
    "Basic Y2xpZW50OnNlY3JldA==",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
]


class Entry(msgspec.Struct, frozen=True):
    """A request's line, cut down."""

    status: int
    path_id: str


Configure = Callable[..., None]


@pytest.fixture
def configure() -> Iterator[Configure]:
    """`log.configure` for this test alone."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    quiet = {name: logging.getLogger(name).level for name in log.QUIET}

    def apply(**settings: str) -> None:
        log.configure(msgspec.convert(settings, Settings))

    yield apply
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    log._lines.form = "none"
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_request_is_one_line_of_json(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    log.request_line(Entry(status=200, path_id="4711"))
    (line,) = lines(capsys)

    assert json.loads(line) == {
        "event": "request",
        "level": "info",
        "logger": "kontor.requests",
        "status": 200,
        "path_id": "4711",
    }


def test_a_vendor_call_is_one_line_of_json(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    log.upstream_line(CALL)
    (line,) = lines(capsys)
    told = json.loads(line)

    assert (told["event"], told["purpose"], told["status"]) == ("upstream", "invoices.get", 200)
    assert (told["duration_s"], told["waited_s"], told["trace_id"]) == (0.012, 0.5, "abc-1")


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("way", ["request", "logger", "standard"])
def test_no_string_breaks_or_colours_a_line_of_json(
    configure: Configure, capsys: pytest.CaptureFixture[str], hostile: str, way: str
) -> None:
    configure()
    if way == "request":
        log.request_line(Entry(status=200, path_id=hostile))
    elif way == "logger":
        structlog.get_logger("kontor.test").warning("told", path_id=hostile)
    else:
        logging.getLogger("anything").warning("%s", hostile)
    written = capsys.readouterr().err

    assert written.count("\n") == 1
    assert written.rstrip("\n").isprintable()
    assert written.isascii()
    assert hostile in json.loads(written).values()


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_no_string_breaks_or_colours_a_line_for_people(
    configure: Configure, capsys: pytest.CaptureFixture[str], hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    configure(log_format="console")
    log.request_line(Entry(status=200, path_id=hostile))
    logging.getLogger("anything").warning("%s", hostile)
    written = capsys.readouterr().err
    plain = [line for line in written.split("\n") if line]

    assert len(plain) == 2
    assert all(not log.CONTROLS.search(uncoloured(line)) for line in plain)


def uncoloured(line: str) -> str:
    """Without the colours that are our own."""
    for code in ("0", "1", "2", "31", "32", "33", "34", "35", "36", "36m\x1b[1"):
        line = line.replace(f"\x1b[{code}m", "")
    return line


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", ["json", "console"])
def test_what_looks_like_a_secret_is_blackened(
    configure: Configure, capsys: pytest.CaptureFixture[str], secret: str, form: str
) -> None:
    configure(log_format=form)
    log.request_line(Entry(status=200, path_id=f"x {secret} y"))
    structlog.get_logger("kontor.test").warning(f"said {secret}", deep={"list": [secret]})
    logging.getLogger("anything").warning("said %s", secret)
    try:
        raise ValueError(secret)
    except ValueError:
        logging.getLogger("anything").exception("broken")
    written = capsys.readouterr().err

    assert secret not in written
    assert secret[-12:] not in written
    assert written.count("[secret]") >= 4


def test_clients_that_would_log_headers_are_quiet_even_at_debug(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(log_level="DEBUG")
    for name in ("httpx2", "httpcore2.http11", "httpcore2.connection", "sqlalchemy.engine.Engine"):
        logging.getLogger(name).debug("Authorization: %s", "geheim")
        logging.getLogger(name).info("https://api.example/?token=geheim")

    assert lines(capsys) == []


def test_a_bug_is_told_by_its_frames_and_not_by_its_values(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure()
    try:
        raise ValueError("IBAN DE89370400440532013000")
    except ValueError as error:
        log.fault(error, request_id="req_1", route="/v1/x")
    (line,) = lines(capsys)
    told = json.loads(line)

    assert (told["kind"], told["request_id"], told["level"]) == ("ValueError", "req_1", "error")
    assert told["where"][-1].startswith("test_log.py:")
    assert "DE89" not in line


@pytest.mark.parametrize(("level", "expected"), [("DEBUG", 1), ("INFO", 1), ("WARNING", 0), ("ERROR", 0)])
def test_requests_are_told_at_info(
    configure: Configure, capsys: pytest.CaptureFixture[str], level: str, expected: int
) -> None:
    configure(log_level=level)
    log.request_line(Entry(status=200, path_id="1"))

    assert len(lines(capsys)) == expected

"""Structured logs: one line a request, one a vendor call. No bodies, no secrets, no forged lines."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Protocol

import msgspec
import structlog

from gateway.settings import Settings
from gateway.telemetry.calls import UpstreamCall

SECRETS = re.compile(
    r"kontor_(?:test|live|account)_[\w-]{8,}|(?i:bearer|basic) [\w.~+/=-]{8,}|eyJ[\w-]{8,}\.[\w.-]+"
)
"""What our keys, authorization headers and JWTs look like: a net below the rule that none is ever logged."""
TRACES_OF_SECRETS = ("kontor_", "bearer ", "basic ", "eyj")
"""In lower case. Without one of them there is nothing to find, and looking costs more than all the rest."""
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a cursor, breaks a line, turns the direction of reading, or cannot be written at all."""
MANY_LINES = ("exception", "stack")
QUIET = ("httpx2", "httpcore2", "httpx", "httpcore", "aiosqlite", "sqlalchemy.engine", "dbos")
ENCODER = msgspec.json.Encoder(enc_hook=str)
FAULTS = structlog.get_logger("kontor.faults")


class RequestEntry(Protocol):
    """What a request's line tells; see `gateway.api.request_log.Entry`."""

    @property
    def status(self) -> int: ...


def configure(settings: Settings) -> None:
    """Set up this process's logs: our own and those of libraries, in one form on standard error."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    shared = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        without_secrets,
    ]
    last = (
        [without_controls, structlog.dev.ConsoleRenderer()] if settings.log_format == "console" else [as_json]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:3],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # so that a later call of this counts
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_secrets,
                *last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _lines.form = settings.log_format if level <= logging.INFO else "none"
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def as_json(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    """One line that nobody can break or forge: see `line_of`."""
    return line_of(event).decode()


def line_of(fields: Any) -> bytes:
    """JSON with everything beyond printable ASCII escaped: also what ends a line for some readers."""
    try:
        encoded = ENCODER.encode(fields)
    except UnicodeEncodeError:  # half a surrogate pair
        encoded = b"\x7f"
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    plain = msgspec.to_builtins(fields, enc_hook=str, str_keys=True)
    return json.dumps(plain).replace("\x7f", "\\u007f").encode()


def without_controls(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The same for people: control characters are shown as escapes, except in our own tracebacks."""
    for name, value in event.items():
        if isinstance(value, str) and name not in MANY_LINES:
            event[name] = CONTROLS.sub(lambda found: ascii(found[0])[1:-1], value)
    return event


def without_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blacken what looks like a secret in every text, however deep."""
    for name, value in event.items():
        event[name] = _blackened(value)
    return event


def _blackened(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {key: _blackened(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_blackened(item) for item in value]
    return value


def redacted(text: str) -> str:
    """`text` with what looks like a secret blackened."""
    low = text.lower()
    if any(trace in low for trace in TRACES_OF_SECRETS):
        return SECRETS.sub("[secret]", text)
    return text


def request_line(entry: RequestEntry) -> None:
    """One line for an answered request."""
    _lines.write("kontor.requests", "request", entry)


def upstream_line(call: UpstreamCall) -> None:
    """One line for a call to a vendor."""
    _lines.write("kontor.upstream", "upstream", call)


class Lines:
    """The two lines of every request, straight to standard error: the general way costs ten times as much."""

    def __init__(self) -> None:
        self.form = "none"

    def write(self, logger: str, event: str, fields: Any) -> None:
        """`fields` is a struct of names, numbers and instants."""
        if self.form == "json":
            start = b'{"event":"%s","level":"info","logger":"%s",' % (event.encode(), logger.encode())
            line = start + line_of(fields)[1:]
            with suppress(OSError):  # a full disk costs lines, not requests
                sys.stderr.write(redacted(line.decode()) + "\n")
        elif self.form == "console":
            structlog.get_logger(logger).info(event, **msgspec.structs.asdict(fields))


_lines = Lines()


def fault(exception: BaseException, *, request_id: str, route: str) -> None:
    """A bug of ours: the frames, but neither messages nor values, which may hold what nobody should read."""
    frames = traceback.extract_tb(exception.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    FAULTS.error("fault", kind=type(exception).__name__, where=where, request_id=request_id, route=route)

"""Structured logs: one line a request, one a vendor call. No bodies, no secrets, no forged lines."""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol

import msgspec
import structlog

from gateway.settings import Settings
from gateway.telemetry.calls import UpstreamCall

SECRETS = re.compile(
    r"kontor_(?:test|live|account)_[\w-]{8,}|(?i:bearer|basic) [\w.~+/=-]{8,}|eyJ[\w-]{8,}\.[\w.-]+"
)
"""What our keys, authorization headers and JWTs look like: a net below the rule that none is ever logged."""
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
    last = structlog.dev.ConsoleRenderer() if settings.log_format == "console" else as_json
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:3],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_secrets,
                last,
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
    """One line: JSON escapes line breaks and control characters, so nobody can forge a second one."""
    return ENCODER.encode(event).decode()


def without_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blacken what looks like a secret in every text, however deep."""
    for name, value in event.items():
        event[name] = _blackened(value)
    return event


def _blackened(value: Any) -> Any:
    if isinstance(value, str):
        return SECRETS.sub("[secret]", value)
    if isinstance(value, Mapping):
        return {key: _blackened(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_blackened(item) for item in value]
    return value


def request_line(entry: RequestEntry) -> None:
    """One line for an answered request."""
    _lines.write("kontor.requests", "request", entry)


def upstream_line(call: UpstreamCall) -> None:
    """One line for a call to a vendor."""
    _lines.write("kontor.upstream", "upstream", call)


class Lines:
    """The two lines of every request, straight to standard error: the general way costs more."""

    def __init__(self) -> None:
        self.form = "none"

    def write(self, logger: str, event: str, fields: Any) -> None:
        if self.form == "json":
            line = {"event": event, "level": "info", "logger": logger, **msgspec.structs.asdict(fields)}
            sys.stderr.write(SECRETS.sub("[secret]", ENCODER.encode(line).decode()) + "\n")
        elif self.form == "console":
            structlog.get_logger(logger).info(event, **msgspec.structs.asdict(fields))


_lines = Lines()


def fault(exception: BaseException, *, request_id: str, route: str) -> None:
    """A bug of ours: the frames, but neither messages nor values, which may hold what nobody should read."""
    frames = traceback.extract_tb(exception.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    FAULTS.error("fault", kind=type(exception).__name__, where=where, request_id=request_id, route=route)

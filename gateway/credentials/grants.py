"""What authorization servers answer, read once and kept. Pure.

Vendors answer oddly, and whoever drops an answer that held a rotated refresh token has lost the connection.
So whatever can be used is used, and only what cannot is refused.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
"""What fits into a header and a form. RFC 6749 appendix A.12 and A.17, without the blank."""

ERROR_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")

REFUSALS = (400, 401)
"""Statuses that RFC 6749, 5.2, gives to errors."""

SECONDS = re.compile(r"[0-9]{1,9}")
LONGEST_WAIT_S = 3600.0

LONGEST_LIFE = timedelta(days=3650)


class Grant(Struct, frozen=True, kw_only=True, tag="grant"):
    """An access token and what renews it."""

    access_token: str
    """Empty when the answer had only a refresh token: then it has to be renewed at once."""
    refresh_token: str | None
    issued_at: datetime
    """When it was asked for, which is before its life began."""
    expires_at: datetime | None
    """None: the server did not say; it lives until a 401."""
    scope: str | None = None

    def __repr__(self) -> str:
        return f"Grant(issued_at={self.issued_at!r}, expires_at={self.expires_at!r})"


class Refused(Struct, frozen=True, kw_only=True):
    """The server understood and said no, with an error code of RFC 6749, 5.2, or its own."""

    error: str
    status: int = 400


class Unusable(Struct, frozen=True, kw_only=True):
    """No answer that means anything: overload, an error page, a redirect."""

    why: str
    status: int | None = None
    retry_after_s: float | None = None


TokenAnswer = Grant | Refused | Unusable


def read_answer(status: int, headers: Mapping[str, str], body: bytes, asked_at: datetime) -> TokenAnswer:
    """The meaning of a token endpoint's answer."""
    if status == 429 or status >= 500:
        return Unusable(why=f"it answered {status}", status=status, retry_after_s=_wait(headers))
    fields = _fields(body)
    error = fields.get("error")
    if isinstance(error, str) and error:
        if status not in REFUSALS:  # no server that means it says it so
            return Unusable(why=f"it answered {status} with an error", status=status)
        return Refused(error=error if ERROR_CODE.fullmatch(error) else "unreadable", status=status)
    if status not in (200, 201):
        return Unusable(why=f"it answered {status}", status=status)
    return _grant(fields, asked_at) or Unusable(why="its answer holds no tokens", status=status)


def renewed(former: Grant, answer: Grant) -> Grant:
    """`answer`, with the former refresh token and scope where it has none (RFC 6749, 6)."""
    return msgspec.structs.replace(
        answer,
        refresh_token=answer.refresh_token or former.refresh_token,
        scope=answer.scope or former.scope,
    )


def _wait(headers: Mapping[str, str]) -> float | None:
    asked = headers.get("retry-after", "").strip()
    return min(float(asked), LONGEST_WAIT_S) if SECONDS.fullmatch(asked) else None


def _fields(body: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _grant(fields: dict[str, Any], asked_at: datetime) -> Grant | None:
    access, refresh = _token(fields.get("access_token")), _token(fields.get("refresh_token"))
    if access is None and refresh is None:
        return None
    scope = fields.get("scope")
    return Grant(
        access_token=access or "",
        refresh_token=refresh,
        issued_at=asked_at,
        expires_at=_expiry(fields.get("expires_in"), asked_at) if access else asked_at,
        scope=scope if isinstance(scope, str) else None,
    )


def _token(value: object) -> str | None:
    return value if isinstance(value, str) and TOKEN.fullmatch(value) else None


def _expiry(expires_in: object, asked_at: datetime) -> datetime | None:
    """Vendors write a number, a number in a string, or nothing."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, (int, float, str)):
        return None
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return None
    if not seconds > 0:  # NaN too
        return None
    return asked_at + timedelta(seconds=min(seconds, LONGEST_LIFE.total_seconds()))

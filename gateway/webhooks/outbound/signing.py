"""Signatures of Standard Webhooks 1.0.0, symmetric. Pure.

Source: github.com/standard-webhooks, specification, "Signature scheme" (read 2026-11-28).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from gateway.ambient import Randomness

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret(randomness: Randomness) -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()


def signed_headers(id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """The three headers of a delivery; one signature a secret, so that receivers may change over."""
    seconds = str(int(at.timestamp()))
    signed = f"{id}.{seconds}.".encode() + body
    signatures = " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets)
    return [
        (b"Webhook-Id", id.encode()),
        (b"Webhook-Timestamp", seconds.encode()),
        (b"Webhook-Signature", signatures.encode()),
    ]


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()

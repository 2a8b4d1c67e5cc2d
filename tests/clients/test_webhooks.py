"""SEC-28: the official verifiers of Standard Webhooks, unmodified, take our deliveries and nothing else.

Their authors read the specification without us.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.ambient import SystemRandomness
from gateway.webhooks.outbound.signing import new_secret, signed_headers
from tests.clients.installed import told_by

PAYLOADS = 10_000
TO_NODE = 500

pytestmark = pytest.mark.timeout(600)


def delivery(number: int, secret: str, others: tuple[str, ...] = ()) -> dict[str, Any]:
    """One that is signed now: verifiers refuse what is older than five minutes."""
    body = json.dumps(
        {"type": "invoice.paid", "data": {"n": number, "name": "Müller & Söhne 🧾" * (number % 7)}}
    )
    signed = signed_headers(f"evt_{number}", datetime.now(UTC), body.encode(), (secret, *others))
    return {"body": body, "headers": {name.decode().lower(): value.decode() for name, value in signed}}


def test_the_python_verifier_takes_all_and_nothing_that_was_changed() -> None:
    secrets = [new_secret(SystemRandomness()) for _ in range(20)]
    refused = 0
    for number in range(PAYLOADS):
        secret = secrets[number % 20]
        one = delivery(number, secret)
        Webhook(secret).verify(one["body"], one["headers"])
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(one["body"] + " ", one["headers"])
        refused += 1

    print(f"{PAYLOADS} verified, {refused} changed ones refused")


def test_during_a_rotation_it_takes_either_secret() -> None:
    former, current, foreign = (new_secret(SystemRandomness()) for _ in range(3))
    one = delivery(1, current, (former,))

    Webhook(former).verify(one["body"], one["headers"])
    Webhook(current).verify(one["body"], one["headers"])

    with pytest.raises(WebhookVerificationError):
        Webhook(foreign).verify(one["body"], one["headers"])


@pytest.mark.needs("node")
def test_the_verifier_from_npm_takes_all_and_nothing_that_was_changed(
    tmp_path: Path, installations: Path
) -> None:
    secret = new_secret(SystemRandomness())
    place = tmp_path / "deliveries.json"
    place.write_text(json.dumps([{**delivery(n, secret), "secret": secret} for n in range(TO_NODE)]))

    told = told_by("webhooks/verify.js", installations, place)

    assert told == {"genuine": TO_NODE, "changed": 0}

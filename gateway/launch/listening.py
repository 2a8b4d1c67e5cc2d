"""`kontor listen`: a webhook endpoint for as long as it runs, with a line for each attempt."""

import http.client
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from gateway.launch import LaunchError
from gateway.settings import Settings

PATH = "/v1/webhook-endpoints"
LOOK_S = 0.5
TIMEOUT_S = 10.0
REFUSED = """{reason}
The gateway sends webhooks to public addresses only. Let it reach this machine: start it with
KONTOR_WEBHOOK_ALLOW=127.0.0.0/8 in its environment, and forward to http://127.0.0.1:… ."""


class Stop(BaseException):
    """SIGINT or SIGTERM came."""


class Api:
    """A gateway's control routes, as its tenant."""

    def __init__(self, gateway: str, key: str) -> None:
        self._address = urlsplit(gateway)
        self._key = key

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's data.

        Raises:
            LaunchError: it was refused; the message says why.
            OSError, HTTPException: there was no answer.
        """
        secure = self._address.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._address.hostname or "", self._address.port, timeout=TIMEOUT_S)
        headers = {"X-API-KEY": self._key, "Content-Type": "application/json"}
        try:
            content = None if body is None else msgspec.json.encode(body)
            connection.request(method, self._address.path.rstrip("/") + path, content, headers)
            answer = connection.getresponse()
            told = answer.read()
        finally:
            connection.close()
        parsed = _json(told)
        if answer.status >= http.client.BAD_REQUEST:
            misfits = [error["message"] for error in parsed.get("errors", ())]
            raise LaunchError(
                " ".join(misfits) or parsed.get("detail") or f"the gateway says {answer.status}"
            )
        return parsed.get("data")


def _json(content: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=dict[str, Any]) if content else {}
    except msgspec.DecodeError:
        return {}


def demo(settings: Settings) -> tuple[str, str]:
    """Address and key of the demo tenant of `kontor up` on this machine. Raises LaunchError."""
    place = Path(settings.data_dir) / "demo.json"
    try:
        told = msgspec.json.decode(place.read_bytes(), type=dict[str, Any])
        return told["baseUrl"], told["apiKey"]
    except (OSError, KeyError, msgspec.DecodeError) as error:
        raise LaunchError("there is no demo here: start kontor up, or name a --gateway") from error


def listen(api: Api, forward: str, event_types: tuple[str, ...], say: Callable[[str], None]) -> None:
    """Until SIGINT or SIGTERM. What it made is removed then.

    Raises:
        LaunchError: the gateway refuses, or does not answer.
    """
    previous = {name: signal.signal(name, _stop) for name in (signal.SIGINT, signal.SIGTERM)}
    made: dict[str, Any] | None = None
    try:
        made = _made(api, {"url": forward, "description": "kontor listen", "eventTypes": list(event_types)})
        say(f"Events go to {forward}, signed with {made['secret']}")
        _follow(api, made["id"], say)
    except Stop:
        say("Stopped.")
    finally:
        for name in previous:
            signal.signal(name, signal.SIG_IGN)  # removing is short, and has to be done
        if made is not None:
            _removed(api, made["id"], say)
        for name, handler in previous.items():
            signal.signal(name, handler)


def _stop(number: int, frame: object) -> None:
    raise Stop


def _made(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    try:
        return api.call("POST", PATH, body)
    except LaunchError as error:
        raise LaunchError(REFUSED.format(reason=error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise LaunchError("the gateway does not answer") from error


def _follow(api: Api, id: str, say: Callable[[str], None]) -> None:
    told: dict[str, int] = {}
    while True:
        try:
            for line in _news(api, f"{PATH}/{id}/deliveries", told):
                say(line)
        except (OSError, http.client.HTTPException):
            pass  # it is being restarted; the endpoint outlives that
        time.sleep(LOOK_S)


def _news(api: Api, path: str, told: dict[str, int]) -> Iterator[str]:
    """A line for each attempt that was not told yet, the oldest first."""
    for delivery in reversed(api.call("GET", f"{path}?limit=100")):
        if delivery["attempts"] == told.get(delivery["id"], 0):
            continue
        tries = api.call("GET", f"{path}/{delivery['id']}")["tries"]
        for one in tries[told.get(delivery["id"], 0) :]:
            result = one["status"] or "-"
            reason = f"  {one['reason']}" if one["reason"] else ""
            what = f"{delivery['eventType']}  {delivery['eventId']}"
            yield f"{one['at'][11:19]}  {what}  {result}  {one['durationMs']} ms{reason}"
        told[delivery["id"]] = len(tries)


def _removed(api: Api, id: str, say: Callable[[str], None]) -> None:
    try:
        api.call("DELETE", f"{PATH}/{id}")
    except (OSError, http.client.HTTPException, LaunchError) as error:
        say(f"The endpoint {id} is still there: {error}. Remove it with DELETE {PATH}/{id}.")

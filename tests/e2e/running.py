"""The product as its users have it: `kontor up`, a tenant, and an end customer with a browser."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

TARGET = "lexoffice-sandbox"


class Tenant:
    """A SaaS vendor's program: calls with its API key, and waits where its customers return to."""

    def __init__(self, base_url: str, api_key: str, return_url: str, arrivals: list[dict[str, str]]) -> None:
        self.http = httpx2.Client(
            base_url=base_url, headers={"X-API-KEY": api_key}, timeout=60, trust_env=False
        )
        self.return_url = return_url
        self.arrivals = arrivals
        self.account_key = ""

    def call(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx2.Response:
        """One request, for the connection if there is one."""
        headers = {"X-ACCOUNT-KEY": self.account_key} if self.account_key else {}
        headers |= {"Idempotency-Key": key} if key else {}
        return self.http.request(method, path, headers=headers | more.pop("headers", {}), **more)

    def session(self, **more: Any) -> str:
        """Address of a new connect session."""
        body = {"target": TARGET, "returnUrl": self.return_url, "label": "Muster Handel GmbH", **more}
        made = self.call("POST", "/v1/connect-sessions", json=body)
        assert made.status_code == 201, made.text
        return made.json()["data"]["url"]

    def exchange(self) -> dict[str, Any]:
        """Exchange the code of the last arrival; the connection. Its account key is used from now on."""
        made = self.call("POST", "/v1/connections/exchange", json={"code": self.arrivals[-1]["code"]})
        assert made.status_code == 200, made.text
        self.account_key = made.json()["data"]["accountKey"]
        return made.json()["data"]["connection"]


@contextmanager
def tenant(base_url: str, api_key: str) -> Iterator[Tenant]:
    """A tenant whose own little server receives returning browsers."""
    arrivals: list[dict[str, str]] = []
    path = f"/return/{uuid.uuid4()}"  # ports come round, and an address is registered once

    class Return(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if urlsplit(self.path).path == path:
                arrivals.append(dict(parse_qsl(urlsplit(self.path).query)))
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write("<title>Zurück</title><h1>Zurück beim Anbieter</h1>".encode())

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Return)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}{path}"
    program = Tenant(base_url, api_key, address, arrivals)
    try:
        assert program.call("POST", "/v1/return-urls", json={"url": address}).status_code == 201
        yield program
    finally:
        program.http.close()
        server.shutdown()
        server.server_close()
        thread.join()

"""The twin as a process: where it listens, what it leaves behind, and that it never outlives its parent."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.lexoffice.app import create_app
from sandbox.lexoffice.process import CannotStart, address, ids_of, read_settings, written
from sandbox.lexoffice.settings import TwinSettings, new_identity
from tests.twin.test_uploads import PDF, multipart

LISTENING = "Lexware twin listening on http://127.0.0.1:"


class Running:
    def __init__(self, data_dir: Path, **settings: str) -> None:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")},
            "KONTOR_PORT": "0",
            "KONTOR_DATA_DIR": str(data_dir),
            **settings,
        }
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.lexoffice"],
            env=environment,
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[int(settings["KONTOR_TWIN_PARENT_FD"])] if "KONTOR_TWIN_PARENT_FD" in settings else [],
        )

    def first_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def place(self) -> dict[str, Any]:
        return json.loads((self.data_dir / "twin.json").read_text())

    def get(self, path: str) -> httpx2.Response:
        place = self.place()
        return httpx2.get(place["url"] + path, headers={"Authorization": f"Bearer {place['apiKey']}"})

    def post(self, path: str, body: Any) -> httpx2.Response:
        place = self.place()
        return httpx2.post(
            place["url"] + path, json=body, headers={"Authorization": f"Bearer {place['apiKey']}"}
        )

    def control(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        return httpx2.request(method, self.place()["controlUrl"] + path, json=body)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def clean_up(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One twin for the tests that leave it running."""
    twin = Running(tmp_path_factory.mktemp("twin"), KONTOR_TWIN_RATE_LIMIT="off")
    assert twin.first_line().startswith(LISTENING)
    yield twin
    twin.clean_up()


def test_it_says_where_it_listens_and_serves_there(running: Running) -> None:
    place = running.place()

    assert running.get("/v1/profile").json()["companyName"] == "Muster Handel GmbH"
    assert set(place) == {
        "url",
        "controlUrl",
        "webhookKeyFile",
        "apiKey",
        "oauth",
        "organizations",
    }
    assert set(place["oauth"]) == {"clientId", "clientSecret"}
    assert {"id", "name", "apiKey"} <= set(place["organizations"][0])
    assert place["controlUrl"].startswith("http://127.0.0.1:")


def test_it_answers_while_hundreds_wait_for_late_answers(running: Running) -> None:
    late = {"method": "GET", "path": "/v1/countries"}
    running.control("POST", "/faults", {"kind": "delay", "match": late, "times": None, "seconds": 60})
    place = running.place()
    url = httpx2.URL(place["url"])
    asked = f"GET /v1/countries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {place['apiKey']}\r\n\r\n"
    with ExitStack() as held:
        for _ in range(300):
            line = held.enter_context(socket.create_connection((url.host, url.port), timeout=10))
            line.sendall(asked.encode())
        answered = running.get("/v1/profile").status_code
    running.control("DELETE", "/faults")

    assert answered == 200


def test_its_secrets_are_readable_by_their_owner_only(running: Running) -> None:
    modes = [(running.data_dir / name).stat().st_mode & 0o777 for name in ("twin.json", "books.db")]

    assert modes == [0o600, 0o600]


def test_a_restart_keeps_keys_and_books(tmp_path: Path) -> None:
    first = Running(tmp_path)
    first.first_line()
    place = first.place()
    body = {"version": 0, "roles": {"vendor": {}}, "company": {"name": "Bleibt GmbH"}}
    id = first.post("/v1/contacts", body).json()["id"]
    stopped = first.stop()
    first.clean_up()

    again = Running(tmp_path)
    try:
        assert stopped == 0
        again.first_line()
        assert again.place()["apiKey"] == place["apiKey"]
        assert again.place()["oauth"] == place["oauth"]
        assert again.get(f"/v1/contacts/{id}").json()["company"]["name"] == "Bleibt GmbH"
    finally:
        again.clean_up()


def test_the_same_seed_gives_the_same_keys_and_books(tmp_path: Path) -> None:
    told = []
    for name in ("one", "other"):
        twin = Running(tmp_path / name, KONTOR_TWIN_SEED="7")
        try:
            twin.first_line()
            place = twin.place()
            contacts = [row["id"] for row in twin.get("/v1/contacts").json()["content"]]
            told.append((place["apiKey"], place["oauth"], place["organizations"], contacts))
        finally:
            twin.clean_up()

    assert told[0] == told[1]


def test_nothing_draws_an_id_that_another_has() -> None:
    identity = new_identity(ids_of(7, b"identity"))
    app = create_app(TwinSettings(identity=identity), ids=ids_of(7, written(None)))
    after = ids_of(7, written(app.twin.world))
    everything = written(app.twin.world).decode()

    names = [company.id for company in identity.organizations]
    names += [company.connection_id for company in identity.organizations] + [identity.oauth.client_id]
    drawn = ids_of(7, written(None))
    drawn.token(64)

    assert not {drawn.uuid() for _ in range(500)} & set(names)
    assert not any(after.uuid() in everything for _ in range(500))


def test_a_seed_that_is_no_number_is_told_in_one_clear_line() -> None:
    with pytest.raises(CannotStart, match="The seed must be a number, not 'x'"):
        read_settings({"KONTOR_TWIN_SEED": "x"})


def test_a_dropped_line_is_dropped_on_the_wire(running: Running) -> None:
    running.control("POST", "/faults", {"kind": "drop_after", "match": {"path": "/v1/profile"}})

    with pytest.raises(httpx2.RemoteProtocolError):
        running.get("/v1/profile")
    assert running.get("/v1/profile").status_code == 200


def test_a_body_cut_in_half_is_cut_on_the_wire(running: Running) -> None:
    running.control("POST", "/faults", {"kind": "reset_in_body", "match": {"path": "/v1/profile"}})

    with pytest.raises(httpx2.RemoteProtocolError):
        running.get("/v1/profile")


def test_a_form_in_chunks_without_a_length_is_an_upload_on_the_wire(running: Running) -> None:
    body, headers = multipart(content=PDF + b"\n", type="voucher")
    place = running.place()
    chunks = (body[start : start + 100] for start in range(0, len(body), 100))

    answer = httpx2.post(
        place["url"] + "/v1/files",
        content=chunks,
        headers={**headers, "Authorization": f"Bearer {place['apiKey']}"},
    )

    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert (answer.status_code, set(answer.json())) == (202, {"id", "voucherId"})


class Hook(BaseHTTPRequestHandler):
    received: "queue.Queue[tuple[str, bytes, str | None]]"

    def do_HEAD(self) -> None:
        self.send_response(405)
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.put((self.path, body, self.headers["x-lxo-signature"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_subscriber_on_this_machine_is_called(running: Running) -> None:
    received: queue.Queue[tuple[str, bytes, str | None]] = queue.Queue()
    server = HTTPServer(("127.0.0.1", 0), type("Receiving", (Hook,), {"received": received}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        made = running.post("/v1/event-subscriptions", {"eventType": "contact.created", "callbackUrl": url})
        body = {"version": 0, "roles": {"vendor": {}}, "company": {"name": "Neu GmbH"}}
        contact = running.post("/v1/contacts", body).json()["id"]
        path, posted, signature = received.get(timeout=20)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    assert made.status_code == 201
    assert (path, json.loads(posted)["resourceId"]) == ("/hook", contact)
    assert signature


def test_an_address_nobody_listens_on_is_no_subscriber(running: Running) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/hook"

        made = running.post("/v1/event-subscriptions", {"eventType": "contact.created", "callbackUrl": url})

    assert made.status_code == 406


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")},
    )
    assert parent.stdout is not None
    twin = int(parent.stdout.readline())
    alive = not gone(twin)

    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while not gone(twin) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert alive
    assert gone(twin)


PARENT = """
import os, subprocess, sys, time
read, write = os.pipe()
own = {"KONTOR_PORT": "0", "KONTOR_DATA_DIR": sys.argv[1], "KONTOR_TWIN_PARENT_FD": str(read)}
child = subprocess.Popen(
    [sys.executable, "-m", "sandbox.lexoffice"],
    env={**os.environ, **own},
    pass_fds=[read],
    stdout=subprocess.PIPE,
    text=True,
)
os.close(read)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def fail(tmp_path: Path, **settings: str) -> str:
    twin = Running(tmp_path, **settings)
    _, told = twin.process.communicate(timeout=20)
    assert twin.process.returncode == 1
    return told


def test_a_port_in_use_gets_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        told = fail(tmp_path, KONTOR_PORT=str(port))

    assert told == f"The twin cannot listen on 127.0.0.1:{port}: Address already in use.\n"


def test_a_directory_that_cannot_be_written_gets_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    told = fail(tmp_path, KONTOR_DATA_DIR=str(tmp_path / "file" / "below"))

    assert told.count("\n") == 1
    assert told.startswith("The twin cannot keep its books in")


@pytest.mark.parametrize("port", ["x", "70000", "-1"])
def test_a_port_that_is_none_is_told_in_one_clear_line(port: str) -> None:
    with pytest.raises(CannotStart, match="The port must be a number from 0 to 65535, not"):
        read_settings({"KONTOR_PORT": port})


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("::1", "http://[::1]:1"),
        ("twin", "http://twin:1"),
    ],
)
def test_it_leaves_an_address_that_can_be_called(host: str, url: str) -> None:
    assert address(host, 1) == url


def test_a_host_of_everywhere_is_served_and_told_by_a_name_that_answers(tmp_path: Path) -> None:
    twin = Running(tmp_path, KONTOR_HOST="0.0.0.0")
    try:
        line = twin.first_line()

        assert line.startswith("Lexware twin listening on http://0.0.0.0:")
        assert twin.place()["url"].startswith("http://127.0.0.1:")
        assert twin.get("/v1/profile").status_code == 200
    finally:
        twin.clean_up()


def test_its_own_settings_go_before_the_gateway_s() -> None:
    settings = read_settings(
        {"KONTOR_PORT": "1", "KONTOR_TWIN_PORT": "2", "KONTOR_HOST": "::1", "KONTOR_TWIN_HOST": "127.0.0.2"}
    )

    assert (settings.host, settings.port) == ("127.0.0.2", 2)


def test_without_settings_it_listens_on_this_machine_at_8091() -> None:
    settings = read_settings({})

    assert (settings.host, settings.port, settings.data_dir, settings.rate_limit) == (
        "127.0.0.1",
        8091,
        None,
        True,
    )

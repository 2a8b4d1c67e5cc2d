"""Streams over the real server: an open one neither delays the stop nor is cut off by it."""

import threading
import urllib.request
from collections.abc import Callable

from tests.launch.test_first_hour import Kontor, start

__all__ = ["start"]

SERVER_KILLS_AFTER_S = 35
"""So long the server waits for what does not end by itself; then it cuts it off, which readers see."""


def test_a_stream_is_ended_whole_when_kontor_stops(start: Callable[[], Kontor]) -> None:
    run = start()
    demo = run.demo()
    asked = urllib.request.Request(
        f"{demo['baseUrl']}/v1/events/stream?start=oldest", headers={"X-API-KEY": demo["apiKey"]}
    )
    heard: list[bytes] = []
    begun = threading.Event()

    def listen() -> None:
        with urllib.request.urlopen(asked, timeout=SERVER_KILLS_AFTER_S * 2) as stream:
            heard.append(stream.readline())
            begun.set()
            heard.append(stream.read())  # raises IncompleteRead when it is cut off

    listener = threading.Thread(target=listen)
    listener.start()
    assert begun.wait(30)

    assert run.stop() == 0
    listener.join(30)

    assert heard[0].startswith(b"retry:")
    assert len(heard) == 2

"""Answers read as bytes arrive, cut anywhere."""

import httpx2
import pytest

from gateway.upstream.answering import LARGEST_HEAD, Answering

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = (
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\nX-Sum: 1\r\n\r\n'
)
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end"


def read(*pieces: bytes, ended: bool = False) -> Answering:
    answering = Answering()
    for piece in pieces:
        answering.feed(piece)
    if ended:
        answering.end()
    return answering


def body(answering: Answering) -> bytes:
    return b"".join(answering.parts)


@pytest.mark.parametrize(("answer", "content"), [(PLAIN, b"{}"), (CHUNKED, b'{"a":1}')])
def test_an_answer_is_the_same_wherever_it_is_cut(answer: bytes, content: bytes) -> None:
    for cut in range(1, len(answer)):
        got = read(answer[:cut], answer[cut:])
        assert (got.status, body(got), got.complete, got.reusable) == (200, content, True, True), cut


def test_two_answers_follow_each_other_on_one_connection() -> None:
    answering = read(PLAIN)
    answering.start()
    answering.feed(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    assert (answering.status, body(answering), answering.reusable) == (404, b"", True)


def test_announcements_come_before_the_answer() -> None:
    got = read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN)

    assert (got.status, got.headers, got.reusable) == (200, [(b"Content-Length", b"2")], True)


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    got = read(ENDLESS)
    assert not got.complete
    got.end()

    assert (body(got), got.complete, got.reusable) == (b"until the end", True, False)


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
def test_an_answer_cut_off_is_broken(answer: bytes) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        read(answer[:-3], ended=True)


def test_a_connection_closed_at_once_gave_no_answer() -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        read(ended=True)


@pytest.mark.parametrize("more", [PLAIN, b"H", b"HTTP/1.1 500 Oops\r\n", b"nonsense"])
def test_whatever_follows_an_answer_makes_the_connection_useless(more: bytes) -> None:
    got = read(PLAIN + more)

    assert (body(got), got.complete, got.reusable) == (b"{}", True, False)


def test_close_is_taken_at_its_word() -> None:
    assert not read(PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).reusable


@pytest.mark.parametrize(
    "answer",
    [
        b"\x16\x03\x01",
        b"<html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(answer: bytes) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        read(answer)


def taken_of(start: bytes, more: bytes) -> int:
    """Bytes taken of something without an end, before it is refused."""
    answering = read(start)
    taken = len(start)
    try:
        while taken < 100 * LARGEST_HEAD:
            answering.feed(more)
            taken += len(more)
    except httpx2.RemoteProtocolError:
        pass
    return taken


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"x" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Filler: ", b"x" * 1000),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"x" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 1000),
    ],
    ids=["headers", "one header", "announcements", "trailers", "chunk extension"],
)
def test_a_head_without_an_end_is_given_up(start: bytes, more: bytes) -> None:
    assert taken_of(start, more) < LARGEST_HEAD * 2


def test_a_long_body_in_small_chunks_is_no_endless_head() -> None:
    answering = read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(3000):
        answering.feed(b"1\r\nx\r\n" * 100)
    answering.feed(b"0\r\n\r\n")

    assert len(body(answering)) == 300_000


def test_the_answer_to_head_ends_with_its_head_and_its_connection() -> None:
    answering = Answering()
    answering.start(bodiless=True)
    answering.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")

    assert (answering.complete, body(answering), answering.reusable) == (True, b"", False)

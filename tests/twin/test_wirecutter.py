"""Cutting lines costs nothing: a twin that is told to lose answers all day goes on serving."""

import os
import socket

import pytest

from sandbox.lexoffice.wirecutter import DESCRIPTORS, cut

pytestmark = pytest.mark.skipif(DESCRIPTORS is None, reason="this system does not list descriptors")


def held() -> int:
    assert DESCRIPTORS is not None
    return len(os.listdir(DESCRIPTORS))


def test_the_line_to_that_client_is_cut_and_no_descriptor_is_left_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, open(os.devnull) as no_socket:
        before = held()
        for _ in range(20):
            with socket.create_connection(server.getsockname()) as client:
                served, client_at = server.accept()
                with served:
                    assert cut(client_at) is True
                    assert client.recv(1) == b""

        assert held() == before
        assert not no_socket.closed


def test_nobody_is_cut_for_a_client_that_there_is_not() -> None:
    before = held()

    assert [cut(("127.0.0.1", 1)) for _ in range(20)] == [False] * 20
    assert held() == before

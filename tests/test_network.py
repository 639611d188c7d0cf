"""No test reaches another machine."""

import socket

import pytest


def test_another_machine_cannot_be_reached() -> None:
    # 192.0.2.0/24 is set aside for documentation: nothing answers there even without the guard.
    with socket.socket() as door, pytest.raises(RuntimeError, match="stays on this machine"):
        door.connect(("192.0.2.1", 9))


def test_another_machine_cannot_be_looked_up() -> None:
    with pytest.raises(RuntimeError, match="stays on this machine"):
        socket.getaddrinfo("example.org", 443)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as door:
        assert door.getpeername() == server.getsockname()

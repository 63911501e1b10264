"""A server on loopback that answers as no ComfyUI does: each connection is handed to a function of the test."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Answers = Callable[[socket.socket, str], None]


@contextmanager
def hostile_server(answer: Answers) -> Iterator[str]:
    """Its URL. `answer(connection, path)`: called in a thread of its own for each request; the connection is closed afterwards."""
    open_ones: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        threading.Thread(target=_accept, args=(listening, answer, open_ones), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            for connection in open_ones:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, answer: Answers, open_ones: list[socket.socket]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        open_ones.append(connection)
        threading.Thread(target=_serve, args=(connection, answer), daemon=True).start()


def _serve(connection: socket.socket, answer: Answers) -> None:
    with connection, suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(4096)
            if not part:
                return
            head += part
        answer(connection, head.split()[1].decode())


def plain(connection: socket.socket, status: str, kind: str, body: bytes) -> None:
    """A whole answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode() + body)


def without_end(connection: socket.socket, begin: bytes, part: bytes) -> None:
    """An answer in chunks that goes on until somebody hangs up."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = f"{len(part):x}\r\n".encode() + part + b"\r\n"
    connection.sendall(f"{len(begin):x}\r\n".encode() + begin + b"\r\n")
    while True:
        connection.sendall(chunk)

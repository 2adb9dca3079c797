"""How a server misbehaves below HTTP's meaning: it hangs, drips, stops in the middle, or sends what swells."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler

from tests.standins.server import Misbehaviour, Response, send

TOO_LONG = 30.0  # seconds; longer than any deadline of a test


def hang(closing: threading.Event) -> Misbehaviour:
    """Before a word is said."""
    return lambda handler, response: _wait(closing)


def hang_in_body(closing: threading.Event) -> Misbehaviour:
    def act(handler: BaseHTTPRequestHandler, response: Response) -> None:
        _head(handler, response, len(response.body))
        handler.wfile.write(response.body[: len(response.body) // 2])
        handler.wfile.flush()
        _wait(closing)

    return act


def drip(closing: threading.Event, gap: float) -> Misbehaviour:
    """A byte at a time, each sooner than a read times out."""

    def act(handler: BaseHTTPRequestHandler, response: Response) -> None:
        _head(handler, response, len(response.body))
        for byte in response.body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            if closing.wait(gap):
                return

    return act


def cut(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Promises the whole body and hangs up in its middle."""
    _head(handler, response, len(response.body))
    handler.wfile.write(response.body[: len(response.body) // 2])


def cut_chunk(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Hangs up within a chunk."""
    handler.send_response(response.status)
    for name, value in response.headers.items():
        handler.send_header(name, value)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    half = response.body[: len(response.body) // 2]
    handler.wfile.write(f"{len(half):x}\r\n".encode() + half + b"\r\n")
    handler.wfile.write(f"{len(half):x}\r\n".encode() + half[:10])


def truncated(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """A whole message whose content ends two thirds in: HTTP sees nothing wrong."""
    send(handler, Response(response.status, response.body[: 2 * len(response.body) // 3], response.headers))


def nonsense_length(handler: BaseHTTPRequestHandler, response: Response) -> None:
    _head(handler, response, -1)


def not_http(handler: BaseHTTPRequestHandler, response: Response) -> None:
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n")


def reset(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Hangs up without a word."""


def gzip_bomb(megabytes: int) -> Misbehaviour:
    """A small body that unfolds to very many zeros."""
    packed = gzip.compress(bytes(megabytes << 20))

    def act(handler: BaseHTTPRequestHandler, response: Response) -> None:
        send(handler, Response(200, packed, {**response.headers, "Content-Encoding": "gzip"}))

    return act


def broken_gzip(handler: BaseHTTPRequestHandler, response: Response) -> None:
    packed = gzip.compress(response.body)
    send(handler, Response(200, packed[: len(packed) // 2], {**response.headers, "Content-Encoding": "gzip"}))


def other_encoding(handler: BaseHTTPRequestHandler, response: Response) -> None:
    send(handler, Response(200, response.body, {**response.headers, "Content-Encoding": "br"}))


def oversize(megabytes: int) -> Misbehaviour:
    def act(handler: BaseHTTPRequestHandler, response: Response) -> None:
        _head(handler, response, megabytes << 20)
        for _ in range(megabytes):
            handler.wfile.write(b" " * (1 << 20))

    return act


def _head(handler: BaseHTTPRequestHandler, response: Response, length: int) -> None:
    handler.send_response(response.status)
    for name, value in response.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.flush()


def _wait(closing: threading.Event) -> None:
    closing.wait(TOO_LONG)

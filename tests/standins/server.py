"""What the stand-ins share: an HTTP server on a free port, a log of requests, and answers prepared by a test."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Misbehaviour = Callable[[BaseHTTPRequestHandler, Response], None]
"""What a server does in place of sending the response that it has ready (see `faults`)."""


class StandIn:
    """A server; subclasses say in `respond` what the service would."""

    path = ""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.prepared: list[Response | Misbehaviour] = []
        """Given out first, one a request: an outage, a limit, a page that is no feed."""
        self.latency: Callable[[Request], float] = lambda request: 0.0
        """Seconds before a request is answered."""
        self.closing = threading.Event()
        """Set when the server ends: what hangs lets go."""
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                stand_in.requests.append(request)
                time.sleep(stand_in.latency(request))
                prepared = stand_in.prepared.pop(0) if stand_in.prepared else None
                response = prepared if isinstance(prepared, Response) else stand_in.respond(request)
                if callable(prepared):
                    self.close_connection = True
                    prepared(self, response)
                else:
                    send(self, response)

            do_GET = do_HEAD = do_POST = _handle  # noqa: N815  # http.server's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
                """Keeps quiet: the log is in `requests`."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that hangs up on a misbehaving server is what is wanted."""

        self._server = Server(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{self.path}"

    def respond(self, request: Request) -> Response:
        raise NotImplementedError

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


def send(handler: BaseHTTPRequestHandler, response: Response) -> None:
    handler.send_response(response.status)
    for name, value in response.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(response.body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(response.body)

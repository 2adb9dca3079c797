"""A download that fails, is broken, or stops half-way: an error that helps, and never half a file in the cache."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aigc_ref.fetch.cache import DataCorruptError, DataNotFoundError, atomic_path, download

CONTENT = b"published bytes" * 10_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/missing":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[: 1000 if self.path == "/cut" else None])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()


def test_a_download_arrives_whole_and_checked(server: str, tmp_path: Path) -> None:
    target = download(f"{server}/data", tmp_path / "cache" / "data", DIGEST)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("path", "digest", "error"),
    [
        ("/missing", DIGEST, DataNotFoundError),
        ("/cut", DIGEST, DataCorruptError),
        ("/data", "0" * 64, DataCorruptError),
    ],
)
def test_what_is_not_the_published_file_does_not_enter_the_cache(
    server: str, tmp_path: Path, path: str, digest: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        download(server + path, tmp_path / "data", digest)
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def half() -> None:
        with atomic_path(tmp_path / "data") as part:
            part.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_not_http_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an http address"):
        download("file:///etc/passwd", tmp_path / "data", DIGEST)

"""No test of ours talks to anyone but this machine, and each keeps to one thread."""

import ipaddress
import os
import signal
import socket

# A shell that runs tests in the background tells them to ignore Ctrl-C, and so all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Sums in another order give other last digits, and two threads on a busy machine are slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from tests import comparisons


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = str(address[0]) if isinstance(address, tuple) else "localhost"  # else a Unix socket
        try:
            loopback = ipaddress.ip_address(host).is_loopback
        except ValueError:
            loopback = host == "localhost"
        if not loopback:
            raise AssertionError(f"a test tried to reach {host}; use a stand-in of tests/standins")
        connect(self, address)  # type: ignore[arg-type]  # the type differs by family

    monkeypatch.setattr(socket.socket, "connect", guarded)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-faults", action="store_true", help="write docs/faults.json, the table of faults tried")
    comparisons.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    comparisons.configure(config)

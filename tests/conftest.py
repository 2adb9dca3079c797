"""What all tests keep to: this machine alone, one thread each, no clock, and no order among files."""

import ipaddress
import os
import signal
import socket

# A shell that runs tests in the background tells them to ignore Ctrl-C, and so all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Sums in another order give other last digits, and two threads on a busy machine are slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("RAYON_NUM_THREADS", "1")  # tokenizers' threads

import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

import tests.shapes  # noqa: F401  # the hook finds it by its name
from tests import comparisons

# Shapes and types of tensors, which annotations name, are checked at every call.
install_import_hook(["aigc_ref.gan", "aigc_ref.lm", "aigc_ref.peft", "aigc_ref.train"], "tests.shapes.checked")

# How long an example takes says how busy the machine is, not whether it is right.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, by the minutes that their marks name, so that no worker is left with one at the end."""

    def minutes(item: pytest.Item) -> float:
        mark = item.get_closest_marker("slow")
        return float(mark.kwargs.get("minutes", 0.1)) if mark else 0.0

    longest: dict[object, float] = {}
    for item in items:
        longest[item.path] = max(longest.get(item.path, 0.0), minutes(item))
    items.sort(key=lambda item: -longest[item.path])  # stable: each file's tests stay together, in their order

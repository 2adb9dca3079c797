"""What the environment says: where the services are, and the tokens that some of them take.

Each part names its service as an `Endpoint`: the variable that puts another address in place of the service's own, and
the variables that may hold a token. `python tools/refresh_resources.py --help` lists them all.

Plain http is accepted for loopback only: a stand-in, nobody in between. A token is held as a SecretStr, which prints
as asterisks, goes into one header of requests to its service and nowhere else (`transport` follows no redirect to
another origin), and is never written.

    Exception
    └── SettingsError   a variable holds what cannot be used; the message names the variable, not its value
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr


class SettingsError(Exception):
    """A variable of the environment cannot be used."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service, as a part declares it."""

    name: str
    """In records of the lock, in `policy`, and in the file that keeps cool-downs."""
    title: str
    variable: str
    """Of the environment: another address for it."""
    url: str | None
    """Its own address; None for the whole web, which only a stand-in on loopback can take the place of."""
    tokens: tuple[str, ...] = ()
    """Variables that may hold its token; the first that does counts."""
    hint: str | None = None
    """What a person should know who sets none of them."""
    what: str | None = None
    """What a stand-in stands in for, where that is not its title."""


@dataclass(frozen=True, slots=True)
class Service:
    """An endpoint, as the environment has it."""

    url: str
    loopback: bool
    token: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    services: Mapping[str, Service | None]
    """Name → service; None is the web itself."""

    def asks(self, endpoint: Endpoint) -> bool:
        """Whether it may be asked: a run against stand-ins on loopback reaches nobody else."""
        service = self.services[endpoint.name]
        return bool(service and service.loopback) or not any(s and s.loopback for s in self.services.values())

    def token(self, endpoint: Endpoint) -> SecretStr | None:
        service = self.services[endpoint.name]
        return service.token if service else None


def settings(environment: Mapping[str, str], endpoints: Iterable[Endpoint]) -> Settings:
    """The services and their tokens, or SettingsError."""
    return Settings({endpoint.name: _resolved(environment, endpoint) for endpoint in endpoints})


def _resolved(environment: Mapping[str, str], endpoint: Endpoint) -> Service | None:
    if endpoint.url is None:
        return _web(environment, endpoint.variable)
    tokens = (_token(environment, variable) for variable in endpoint.tokens)
    return _service(environment, endpoint.variable, endpoint.url, next(filter(None, tokens), None))


def _service(environment: Mapping[str, str], variable: str, default: str, token: SecretStr | None = None) -> Service:
    url = environment.get(variable, "").strip() or default
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.username or parts.query or parts.fragment:
        raise SettingsError(f"{variable} is not an address like {default}")
    loopback = _is_loopback(parts.hostname or "")
    if parts.scheme == "http" and not loopback:
        raise SettingsError(f"{variable} must start with https://; plain http is for loopback only")
    return Service(url.rstrip("/"), loopback, token)


def _web(environment: Mapping[str, str], variable: str) -> Service | None:
    if not environment.get(variable, "").strip():
        return None
    web = _service(environment, variable, "http://127.0.0.1:8080")
    if not web.loopback:
        raise SettingsError(f"{variable} must be on loopback: it stands in for the web, in tests")
    return web


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _token(environment: Mapping[str, str], variable: str) -> SecretStr | None:
    token = environment.get(variable, "").strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise SettingsError(f"{variable} holds characters that no token has")
    return SecretStr(token) if token else None

"""What the environment says: where the services are, and the token for one of them.

    AIGC_ARXIV_URL   instead of https://export.arxiv.org/api/query
    AIGC_GITHUB_URL  instead of https://api.github.com
    AIGC_LINKS_URL   instead of the whole web, where links are checked; loopback only
    GITHUB_TOKEN     or GH_TOKEN: lets GitHub be asked for fifty repositories at once

Plain http is accepted for loopback only: a stand-in, nobody in between. The token is held as a SecretStr, which
prints as asterisks, goes into one header of requests to the GitHub address above and nowhere else (`transport`
follows no redirect to another origin), and is never written.

    Exception
    └── SettingsError   a variable holds what cannot be used; the message names the variable, not its value
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

ARXIV = "https://export.arxiv.org/api/query"
GITHUB = "https://api.github.com"


class SettingsError(Exception):
    """A variable of the environment cannot be used."""


@dataclass(frozen=True, slots=True)
class Service:
    url: str
    loopback: bool


@dataclass(frozen=True, slots=True)
class Settings:
    arxiv: Service
    github: Service
    web: Service | None
    """A stand-in for the web, where links lead."""
    token: SecretStr | None

    @property
    def asks_links(self) -> bool:
        """Whether links may be asked for: a run against stand-ins reaches nobody else."""
        return self.web is not None or not (self.arxiv.loopback or self.github.loopback)


def settings(environment: Mapping[str, str]) -> Settings:
    """The services and the token, or SettingsError."""
    return Settings(
        _service(environment, "AIGC_ARXIV_URL", ARXIV),
        _service(environment, "AIGC_GITHUB_URL", GITHUB),
        _web(environment),
        _token(environment, "GITHUB_TOKEN") or _token(environment, "GH_TOKEN"),
    )


def _service(environment: Mapping[str, str], variable: str, default: str) -> Service:
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
    return Service(url.rstrip("/"), loopback)


def _web(environment: Mapping[str, str]) -> Service | None:
    if not environment.get("AIGC_LINKS_URL", "").strip():
        return None
    web = _service(environment, "AIGC_LINKS_URL", "http://127.0.0.1:8080")
    if not web.loopback:
        raise SettingsError("AIGC_LINKS_URL must be on loopback: it stands in for the web, in tests")
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

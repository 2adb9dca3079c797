"""PyPI's JSON API: what /pypi/NAME/json says of a package's latest release, with its ETag (docs.pypi.org/api/json)."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.standins.server import Request, Response, StandIn


@dataclass(frozen=True)
class Package:
    """PyPI's record."""

    name: str
    version: str = "1.2.3"
    uploaded: str = "2026-10-01T02:03:04.000000Z"
    requires_python: str | None = ">=3.10"
    license_expression: str | None = "MIT"
    license: str | None = None
    yanked: bool = False
    yanked_reason: str | None = None


class PyPIStandIn(StandIn):
    """Answers from `packages` (key: the normalised name), or from what `make` makes of a name."""

    def __init__(
        self, packages: dict[str, Package] | None = None, make: Callable[[str], Package | None] = lambda name: None
    ) -> None:
        super().__init__()
        self.packages = packages or {}
        self.make = make

    def respond(self, request: Request) -> Response:
        asked = re.fullmatch(r"/pypi/([^/]+)/json", request.path)
        if asked is None:
            return Response(404, b"<!doctype html><title>Page Not Found (404)</title>", {"Content-Type": "text/html"})
        normal = re.sub(r"[-_.]+", "-", asked[1]).lower()
        if normal != asked[1]:
            return Response(301, headers={"Location": f"/pypi/{normal}/json"})
        package = self.packages.get(normal) or self.make(normal)
        if package is None:
            return Response(404, b'{"message": "Not Found"}', {"Content-Type": "application/json"})
        body = json.dumps(_content(package)).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:22]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(304, headers={"ETag": etag})
        return Response(200, body, {"Content-Type": "application/json", "ETag": etag})


def _content(package: Package) -> dict[str, Any]:
    file = {
        "filename": f"{package.name}-{package.version}-py3-none-any.whl",
        "upload_time_iso_8601": package.uploaded,
        "yanked": package.yanked,
        "yanked_reason": package.yanked_reason,
    }
    info = {
        "name": package.name,
        "version": package.version,
        "summary": "A package.",
        "requires_python": package.requires_python,
        "license": package.license,
        "license_expression": package.license_expression,
        "yanked": package.yanked,
        "yanked_reason": package.yanked_reason,
    }
    releases = {package.version: [file]}
    return {"info": info, "last_serial": 1, "releases": releases, "urls": [file], "vulnerabilities": []}

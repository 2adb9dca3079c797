"""The web, where links lead: `/https://example.org/page` answers as that page would.

Redirects name the addresses of the real world; the refresh maps them here again.
"""

from collections.abc import Callable
from urllib.parse import unquote

from tests.standins.server import Request, Response, StandIn


class WebStandIn(StandIn):
    """Answers from `pages`, else 200; a robots.txt is 404 unless it is among them."""

    def __init__(self, pages: dict[str, Response | Callable[[Request], Response]] | None = None) -> None:
        super().__init__()
        self.pages = pages or {}

    def respond(self, request: Request) -> Response:
        address = unquote(request.path.removeprefix("/"))
        page = self.pages.get(address)
        if page is None:
            return Response(404 if address.endswith("/robots.txt") else 200)
        return page(request) if callable(page) else page

"""Both stand-ins, answering for every identifier and every name, until Ctrl-C."""

import threading
from contextlib import suppress

from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository

TOKEN = "stand-in"


def main() -> None:
    arxiv, github = ArxivStandIn(make=Paper), GitHubStandIn(make=Repository, token=TOKEN)
    with arxiv, github, suppress(KeyboardInterrupt):
        print(f"export AIGC_ARXIV_URL={arxiv.url} AIGC_GITHUB_URL={github.url} GITHUB_TOKEN={TOKEN}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()

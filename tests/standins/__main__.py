"""The stand-ins, answering for every identifier and every name, until Ctrl-C."""

import threading
from contextlib import suppress

from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tests.standins.huggingface import HubRepository, HubStandIn
from tests.standins.pypi import Package, PyPIStandIn

TOKEN = "stand-in"


def main() -> None:
    arxiv, github = ArxivStandIn(make=Paper), GitHubStandIn(make=Repository, token=TOKEN)
    hub, pypi = HubStandIn(make=lambda key: HubRepository(key.removeprefix("datasets/"))), PyPIStandIn(make=Package)
    with arxiv, github, hub, pypi, suppress(KeyboardInterrupt):
        print(
            f"export AIGC_ARXIV_URL={arxiv.url} AIGC_GITHUB_URL={github.url} GITHUB_TOKEN={TOKEN}",
            f"HF_ENDPOINT={hub.url} AIGC_PYPI_URL={pypi.url}",
            flush=True,
        )
        threading.Event().wait()


if __name__ == "__main__":
    main()

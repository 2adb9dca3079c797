"""How patient a refresh is: every number of pace, retry and bounds, for all services, on one screen.

What fails for one of PASSING is asked for once more, as late as the service's own header says, else after the
service's back-off (or its cool-down, when it said that we ask too much). A service that wants more than LONGEST_WAIT
is left alone until the next run. No option or variable makes a real service be asked faster than this.
"""

from dataclasses import dataclass
from datetime import timedelta

from tools.catalogue.answers import Reason


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds, for one service."""

    gap: float
    """From the end of one request to the start of the next."""
    back_off: float
    """Before asking again after a failure that may pass."""
    cool_down: float
    """The same, after being told that we ask too much."""


LONGEST_WAIT = 60.0  # seconds; a service that asks for more is left alone until the next run
LONGEST_COOL_DOWN = 24 * 3600.0  # seconds; a header that asks for more is taken for a mistake

POLICIES = {
    # "no more than one request every three seconds": info.arxiv.org/help/api/tou
    "arxiv": Policy(gap=3.0, back_off=10.0, cool_down=60.0),
    # Serial requests need no gap; "at least one minute" where no header says how long.
    "github": Policy(gap=0.0, back_off=2.0, cool_down=60.0),
    # Of each website; one that tells us to wait is not asked again in this run.
    "links": Policy(gap=1.0, back_off=1.0, cool_down=LONGEST_WAIT + 1),
}
OTHERS = Policy(gap=1.0, back_off=2.0, cool_down=60.0)
"""Of every service that the table does not name. The Hub allows 500 requests in five minutes, PyPI names no number."""

PASSING = frozenset({Reason.TIMED_OUT, Reason.RATE_LIMITED, Reason.SERVER_ERROR})
"""Reasons that may be gone a little later."""

DEADLINE = 60.0  # seconds for one request with its body; arXiv has taken 40 for a full page
SILENCE = 20.0  # seconds between two bytes
CONNECT = 10.0  # seconds
LARGEST = 16 * 2**20  # bytes; 200 papers are under 1 MB, 50 repositories under 200 KB, PyPI's largest a few MB
REDIRECTS = 3

BETWEEN_STRIKES = timedelta(hours=20)  # not found twice, about a day apart; a nightly job starts on no exact second
LEEWAY = timedelta(hours=2)  # for the same reason, what falls due within so long is asked for now


PAPERS_A_REQUEST = 200  # one POST held 700 ids against the live service (arxiv.py PR 209); 200 keeps it under 1 MB
REPOSITORIES_A_REQUEST = (
    50  # 1 point of 5,000 an hour; 75 and 100 have failed for others (hecat 138, gh-manager-cli 106)
)


def policy_of(service: str) -> Policy:
    return POLICIES.get(service, OTHERS)

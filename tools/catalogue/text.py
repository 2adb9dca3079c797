"""Text from outside, made harmless for one line: of a terminal, a log, a lock file.

What is dropped: control characters (terminal escapes start with one), lone surrogates (they load from JSON and
break the write), unassigned code points, and the marks that turn the direction of what follows. Joiners stay: emoji
and several scripts need them. Escaping for HTML is the site's own door.
"""

import re
import unicodedata
from urllib.parse import urlsplit

LONGEST = 1000  # a description or comment above that is not meant to be read
DROPPED = {"Cc", "Cs", "Co", "Cn"}
TURNING = set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str, longest: int = LONGEST) -> str:
    r"""The text as one plain line.

    >>> clean("A\n  title\x1b[31m")
    'A title[31m'
    """
    line = re.sub(r"\s+", " ", text)
    kept = "".join(c for c in line if unicodedata.category(c) not in DROPPED and c not in TURNING).strip()
    kept = unicodedata.normalize("NFC", re.sub(r" {2,}", " ", kept))
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def one_line(value: object) -> object:
    """`clean` for a model's text field; None where nothing is left."""
    return clean(value) or None if isinstance(value, str) else value


def lines(value: object) -> object:
    """`one_line` for each text of a list; what is empty is left out."""
    return [one_line(item) for item in value if one_line(item) is not None] if isinstance(value, list) else value


def web_address(value: object) -> object:
    """The address if it is one of http or https, else None: a homepage field may hold `javascript:` or a bare word."""
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return None
    whole = parts.scheme in {"http", "https"} and parts.hostname and clean(value) == value.strip()
    return value.strip() if whole and not re.search(r"[\s<>\"'\\^`{|}]", value.strip()) else None


def day(moment: object) -> object:
    """The day of an ISO 8601 moment."""
    return moment[:10] if isinstance(moment, str) else moment

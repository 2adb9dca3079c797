"""Text set in a few lines where no browser does it: by measured width, and by the Chinese rules for a line's ends."""

import unicodedata
from collections.abc import Callable
from itertools import accumulate

OPEN, CLOSE = "（《「『【〈“‘([", "，。、；：？！）》」』】〉”’…—,.;:?!)]%"
STRIP = OPEN + CLOSE + " "
BREATH = 0.6
"""How bad it is to end a line where the text does not pause; a line that is empty would be 1."""
Measure = Callable[[str], float]


def wrapped(text: str, measure: Measure, width: float, most: int) -> list[str]:
    """The text in lines of about one length, at most so many, with … where that is not all of it."""
    parts = unbreakable_parts(text)
    sizes = [measure(part) for part in parts]
    shown, count = parts, len(parts)
    while True:
        lines = _set([_cut(part, measure, width) for part in shown], measure, width, most)
        if lines is not None:
            return lines
        count -= 1
        while sum(sizes[:count]) > most * width:
            count -= 1
        shown = unbreakable_parts("".join(parts[:count]).rstrip(STRIP) + "…")


def _set(parts: list[str], measure: Measure, width: float, most: int) -> list[str] | None:
    """The best lines of all: full ones, that end where the text pauses. None where there is not room enough."""
    ends = [0.0, *accumulate(map(measure, parts))]
    bare = [measure(part.rstrip()) for part in parts]
    best: dict[int, tuple[float, list[str]]] = {0: (0.0, [])}
    """How many parts are set → how bad that is, and the lines."""
    results = [best]
    for _ in range(most):
        further: dict[int, tuple[float, list[str]]] = {}
        for start, (badness, lines) in best.items():
            for end in range(start + 1, len(parts) + 1):
                left = 1 - (ends[end - 1] - ends[start] + bare[end - 1]) / width
                if left < 0:
                    break
                paused = end == len(parts) or parts[end - 1][-1] in CLOSE + " "
                worse = badness + left**2 + (0 if paused else BREATH)
                if end not in further or worse < further[end][0]:
                    further[end] = worse, [*lines, "".join(parts[start:end]).rstrip()]
        best = further
        results.append(best)
    whole = [result[len(parts)] for result in results if len(parts) in result]
    return min(whole)[1] if whole else None


def _cut(part: str, measure: Measure, width: float) -> str:
    """A word that is too long for a line, as far as it goes."""
    if measure(part.rstrip()) <= width:
        return part
    while part and measure(part + "…") > width:
        part = part[:-1].rstrip(STRIP)
    return part + "…"


def unbreakable_parts(text: str) -> list[str]:
    """What no line's end may come between: a word, a Chinese character; each with the marks that belong to it.

    >>> unbreakable_parts("微调（LoRA），a b。")
    ['微', '调', '（LoRA），', 'a ', 'b。']
    """
    parts: list[str] = []
    before = " "
    for char in " ".join(text.split()):
        between = before == " " or ((_wide(before) or _wide(char)) and char != " " and before not in OPEN)
        if not parts or (between and char not in CLOSE):
            parts.append(char)
        else:
            parts[-1] += char
        before = char
    return parts


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"

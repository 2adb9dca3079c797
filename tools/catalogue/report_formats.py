"""A report for each of its readers: a person at a terminal, a program, a pull request, a CI log, `git apply`.

Facts in it are single harmless lines already (see `text`); what a format gives a meaning to is escaped here.
"""

import html
import json
import re
from collections.abc import Callable, Iterator

from tools.catalogue.answers import Reason
from tools.catalogue.drift import Remark, patch
from tools.catalogue.facts import PaperHit
from tools.catalogue.report import Candidate, Report


def as_text(report: Report) -> str:
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for service in report.services:
        if service.asked:
            yield f"{service.title}: {service.answered} of {service.asked} answered in {service.requests} requests"
        for reason, count in service.not_answered.items():
            detail = f" ({service.detail})" if service.detail else ""
            yield f"  {count} not answered: {reason}{detail}; what was known of them is kept"
    asked = [service for service in report.services if service.asked]
    if asked and all(set(service.not_answered) == {Reason.UNREACHABLE} for service in asked):
        titles = " and ".join(dict.fromkeys(service.title.partition(",")[0] for service in asked))
        yield f"No network: {titles} could not be reached, and everything known was kept."
    for title, remarks in (("Changed", report.changes), ("For a person to look at", report.to_do)):
        if remarks:
            yield f"{title}:"
            yield from (f"  {remark.where}: {remark.key}: {remark.message}" for remark in remarks)
    if patches := sum(remark.edit is not None for remark in report.to_do):
        yield f"{patches} of these have a ready patch: --offline --format patch | git apply"
    if report.candidates:
        yield f"{len(report.candidates)} candidates for the catalogue: --offline --format candidates"
    for name, states in report.states.items():
        yield f"{sum(states.values())} {name}: {', '.join(f'{count} {state}' for state, count in states.items())}"


def as_json(report: Report) -> str:
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=1, default=str)


def as_markdown(report: Report) -> str:
    """For the body of a pull request."""
    return "\n".join(_markdown(report))


def _markdown(report: Report) -> Iterator[str]:
    yield "| service | asked | answered | requests | not answered |\n|---|--:|--:|--:|---|"
    for service in report.services:
        silent = ", ".join(f"{count} {reason}" for reason, count in service.not_answered.items())
        yield f"| {service.title} | {service.asked} | {service.answered} | {service.requests} | {silent} |"
    for title, remarks in (("Changed", report.changes), ("For a person to look at", report.to_do)):
        if remarks:
            yield f"\n### {title}\n"
        for remark in remarks:
            yield f"- `{remark.where}` {_plain_markdown(remark.key)}: {_plain_markdown(remark.message)}"
            if remark.edit:
                indented = "\n".join(f"  {line}" for line in patch([remark.edit]).rstrip("\n").split("\n"))
                yield f"\n  ~~~~~~diff\n{indented}\n  ~~~~~~\n"
    if report.states:
        yield "\n### How everything stands\n"
    for name, states in report.states.items():
        yield f"- {sum(states.values())} {name}: {', '.join(f'{count} {state}' for state, count in states.items())}"


def _plain_markdown(text: str) -> str:
    """Text as text: as entities, every character that Markdown, HTML or GitHub (@people, #issues) would read."""
    return re.sub(r"[^\w\s.,:;()→…-]|_", lambda found: f"&#{ord(found[0])};", text)


def as_annotations(report: Report) -> str:
    """For GitHub Actions: each remark appears beside its line."""
    return "\n".join(
        f"::{level} file={_property(path)},line={line},col={column}::{_data(f'{remark.key}: {remark.message}')}"
        for level, remarks in (("notice", report.changes), ("warning", report.to_do))
        for remark in remarks
        for path, line, column in [_place(remark)]
    )


def _place(remark: Remark) -> tuple[str, str, str]:
    found = re.fullmatch(r"(.+):(\d+):(\d+)", remark.where)
    return (found[1], found[2], found[3]) if found else (remark.where, "1", "1")


def _data(text: str) -> str:
    """A message cannot end its line, and so not begin a command of its own."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_patch(report: Report) -> str:
    """Every ready patch, as one that `git apply` takes."""
    return patch(remark.edit for remark in report.to_do if remark.edit).rstrip("\n")


def as_candidates(report: Report) -> str:
    """Entries to copy into papers.yaml and tools.yaml. The loader asks for the `why`: that is a person's to write."""
    return "\n".join(_candidate(candidate) for candidate in report.candidates)


def _candidate(candidate: Candidate) -> str:
    hit, quoted = candidate.hit, json.dumps
    if isinstance(hit, PaperHit):
        authors = hit.authors or []
        rows = [
            ("id", f"paper-{_slug(hit.title or hit.arxiv)}"),
            ("title", quoted(hit.title or "", ensure_ascii=False)),
            ("url", f"https://arxiv.org/abs/{hit.arxiv}"),
            ("arxiv", quoted(hit.arxiv)),
            ("authors", quoted(authors, ensure_ascii=False)),
            *([("et_al", "true")] if len(authors) == 12 else []),
            ("published", quoted(str(hit.published))),
        ]
    else:
        risen = f"  # {hit.stars} stars" + (f", {candidate.rise:+} in a month" if candidate.rise is not None else "")
        rows = [
            ("id", f"tool-{_slug(hit.name.partition('/')[2])}"),
            ("title", quoted(hit.name.partition("/")[2], ensure_ascii=False)),
            ("url", f"https://github.com/{hit.name}"),
            ("code", f"{quoted(hit.name)}{risen}"),
            *([("license", quoted(hit.license_spdx))] if hit.license_spdx else []),
        ]
    rows += [
        ("topics", f"[{', '.join(candidate.topics)}]"),
        ("level", "research" if isinstance(hit, PaperHit) else "intermediate"),
        ("languages", "[en]"),
        ("why", '{zh: "", en: ""}'),
        ("added", quoted(str(hit.first_seen))),
    ]
    return "\n".join(f"{'- ' if place == 0 else '  '}{name}: {value}" for place, (name, value) in enumerate(rows))


def _slug(text: str) -> str:
    """Words for an id, out of a title.

    >>> _slug("FLUX.2: Frontier <b>Visual</b> Intelligence at Any Resolution, Any Time")
    'flux-2-frontier-visual-intelligence'
    """
    plain = re.sub(r"<[^>]*>", "", html.unescape(text)).lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain)[:5]) or "unnamed"


FORMATS: dict[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "github": as_annotations,
    "patch": as_patch,
    "candidates": as_candidates,
}

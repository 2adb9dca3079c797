"""Papers as reference managers take them: BibTeX, and the JSON of the Citation Style Language."""

import json
import re
from collections.abc import Iterable
from typing import Any

from tools.catalogue.models import Paper

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "{": r"\textbraceleft{}",  # BibTeX counts the brace of \{ like any other
    "}": r"\textbraceright{}",
    **{character: "\\" + character for character in "&%$#_"},
}


def latex(text: str) -> str:
    r"""The text with what TeX would act upon made harmless.

    >>> print(latex("R&D: 100% sure ^}"))
    R\&D: 100\% sure \textasciicircum{}\textbraceright{}
    """
    return "".join(_SPECIAL.get(character, character) for character in text)


def bibtex(papers: Iterable[Paper]) -> str:
    """One entry a paper, its key the catalogue id. Titles stand in double braces, which keep their capitals."""
    return "\n".join(bibtex_entry(paper) for paper in papers)


def bibtex_entry(paper: Paper) -> str:
    authors = [_bibtex_name(name) for name in paper.authors] + (["others"] if paper.et_al else [])
    fields = {
        "title": f"{{{latex(paper.title)}}}",
        "author": " and ".join(authors),
        "year": paper.published[:4],
        "month": paper.published[5:7],
        "howpublished": latex(paper.venue or ""),
        "eprint": paper.arxiv or "",
        "archiveprefix": "arXiv" if paper.arxiv else "",
        "doi": re.sub(r"[{}\\]", lambda found: f"%{ord(found[0]):02X}", paper.doi or ""),
        "url": paper.url,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{paper.id},", *lines, "}"]) + "\n"


def _bibtex_name(name: str) -> str:
    """An author; braces keep together what BibTeX would take apart at a comma or the word `and`."""
    return f"{{{latex(name)}}}" if re.search(r",|\band\b", name) else latex(name)


def csl_json(papers: Iterable[Paper]) -> str:
    """A list of items (https://docs.citationstyles.org/), which Zotero and pandoc read."""
    return json.dumps([_csl_item(paper) for paper in papers], ensure_ascii=False, indent=1) + "\n"


def _csl_item(paper: Paper) -> dict[str, Any]:
    authors = [csl_name(name) for name in paper.authors] + ([{"literal": "others"}] if paper.et_al else [])
    item = {
        "id": paper.id,
        "type": "article",
        "title": paper.title,
        "author": authors,
        "issued": {"date-parts": [[int(part) for part in paper.published.split("-")]]},
        "container-title": paper.venue,
        "number": f"arXiv:{paper.arxiv}" if paper.arxiv else None,
        "DOI": paper.doi,
        "URL": paper.url,
    }
    return {name: value for name, value in item.items() if value}


def csl_name(name: str) -> dict[str, str]:
    """An author in parts; whole where it has no parts (OpenAI), or none that spaces show (a Chinese name).

    >>> csl_name("Aaron van den Oord"), csl_name("Diederik P Kingma")
    ({'given': 'Aaron', 'family': 'van den Oord'}, {'given': 'Diederik P', 'family': 'Kingma'})
    >>> csl_name("OpenAI"), csl_name("Qwen Team")
    ({'literal': 'OpenAI'}, {'literal': 'Qwen Team'})
    """
    parts = name.split()
    if len(parts) < 2 or parts[-1] in {"Team", "AI", "Foundation"} or re.search(r"[,&㐀-鿿]", name):
        return {"literal": name}
    family = len(parts) - 1
    while family > 1 and parts[family - 1].islower():  # van den, de, von
        family -= 1
    return {"given": " ".join(parts[:family]), "family": " ".join(parts[family:])}

"""Files in CoNLL format, as they come from many hands."""

import tracemalloc
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_ref.text.conll import Sentence, detect_scheme, read_conll, stream_aligned_tags, stream_conll
from aigc_ref.text.tags import Entity, Scheme, entities, to_iob2, to_iobes


def _written(folder: Path, content: str | bytes) -> Path:
    path = folder / "train.conll"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


FOUR_COLUMNS = """-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O

Peter NNP B-NP B-PER
"""


@pytest.mark.parametrize(
    "content",
    [
        FOUR_COLUMNS,
        FOUR_COLUMNS.removesuffix("\n"),
        FOUR_COLUMNS.replace("\n", "\r\n"),
        "\ufeff" + FOUR_COLUMNS,
        FOUR_COLUMNS.replace(" ", "\t").replace("-DOCSTART-\t-X-\t-X-\tO", "-DOCSTART-"),
        FOUR_COLUMNS.replace("rejects VBZ", "rejects   VBZ"),
        FOUR_COLUMNS.replace("O\n\nPeter", "O\n \t\nPeter"),
    ],
    ids=["spaces", "no last line feed", "Windows", "byte order mark", "tabs", "several spaces", "blank of blanks"],
)
def test_the_same_sentences_from_every_hand(tmp_path: Path, content: str) -> None:
    assert read_conll(_written(tmp_path, content)) == [
        Sentence(("EU", "rejects"), ("B-ORG", "O"), line=3),
        Sentence(("Peter",), ("B-PER",), line=6),
    ]


def test_documents_end_sentences(tmp_path: Path) -> None:
    path = _written(tmp_path, "a O\n-DOCSTART- O\nb O\n")
    assert [sentence.tokens for sentence in read_conll(path)] == [("a",), ("b",)]


def test_what_looks_like_space_or_comment_may_be_a_token(tmp_path: Path) -> None:
    path = _written(tmp_path, "\u3000 O\n\u2028 O\n#\tO\nNew York\tB-LOC\n\n# O\n")
    assert [sentence.tokens for sentence in read_conll(path)] == [("\u3000", "\u2028", "#", "New York"), ("#",)]


def test_comments_stand_where_a_sentence_could_start(tmp_path: Path) -> None:
    path = _written(tmp_path, "# a corpus\n# sent_id = 1\na O\n\n# sent_id = 2\nb O\n")
    assert [(sentence.tokens, sentence.line) for sentence in read_conll(path)] == [(("a",), 3), (("b",), 6)]
    with pytest.raises(ValueError, match=r"train\.conll:2: 4 columns where the lines before have 2"):
        read_conll(_written(tmp_path, "a O\n# sent_id = 1\n"))
    path = _written(tmp_path, "a O\n\n# comment\nb O\n")  # as many columns as a token and its tag
    assert [(sentence.tokens, sentence.line) for sentence in read_conll(path)] == [(("a",), 1), (("b",), 4)]
    with pytest.raises(ValueError, match=r"train\.conll:2: unknown form of tag 'comment'"):
        read_conll(_written(tmp_path, "a O\n# comment\n"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no sentence"),
        ("\n\n-DOCSTART- O\n", "holds no sentence"),
        ("a O\nb\n", ":2: one column, 'b'; write the token"),
        ("a O\nb NN O\n", ":2: 3 columns where the lines before have 2; write as many"),
        ("a\tO\n\tO\n", ":2: an empty token"),
        ("token label\na O\n", ":1: unknown form of tag 'label'; write O, or"),
        ("a O\nb PER\n", ":2: unknown form of tag 'PER'"),
        ("a O\nb B-\n", ":2: unknown form of tag 'B-'"),
        ("a O\nb X-PER\n", ":2: unknown form of tag 'X-PER'"),
        ("a O\rb B-PER\r", ":1:4: a carriage return without line feed; save"),
        ("a O\n王 B-PER\n".encode("gb18030"), r":2: not UTF-8 \(byte 0xcd in column 1\); save .* iconv"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place_and_remedy(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=r"^\S*train\.conll" + (message if message[0] == ":" else f": {message}")):
        read_conll(_written(tmp_path, content))


def test_sentences_before_the_fault_arrive(tmp_path: Path) -> None:
    stream = stream_conll(_written(tmp_path, "a O\n\nb\n"))
    assert next(stream).tokens == ("a",)
    with pytest.raises(ValueError, match=":3:"):
        next(stream)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(sentences: int) -> int:
        path = _written(tmp_path, "EU B-ORG\nrejects O\n\n" * sentences)
        tracemalloc.start()
        for _ in stream_conll(path):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(5_000) < 1.5 * peak(500)


def test_two_files_must_hold_the_same_tokens(tmp_path: Path) -> None:
    gold = _written(tmp_path, "a B-X\n\nb O\nc O\n")
    other = tmp_path / "other"
    other.write_text("a O\n\n\nb O\nc I-X\n", encoding="utf-8")
    assert list(stream_aligned_tags(gold, other)) == [(("B-X",), ("O",)), (("O", "O"), ("O", "I-X"))]
    other.write_text("a O\n\nb O\nd O\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"conll:4 has 'c' where \S*other:4 has 'd'; tag the same tokens"):
        list(stream_aligned_tags(gold, other))
    other.write_text("a O\n\nb O\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"conll:4 has 'c' where \S*other:4 has the end of the sentence"):
        list(stream_aligned_tags(gold, other))
    other.write_text("a O\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"conll:3: \S*other ends before this sentence"):
        list(stream_aligned_tags(gold, other))


# ---- schemes ------------------------------------------------------------------------------------------------------

LETTERS = {"IOBES": list("BIES"), "BILOU": list("BILU"), "BMES": list("BMES")}


def _tags(scheme: Scheme, spans: list[tuple[str, int]]) -> list[str]:
    """Tags of a sentence whose spans have a type ("O" outside) and a length each."""
    tags: list[str] = []
    before = "O"
    for kind, length in spans:
        if kind == "O":
            tags += ["O"] * length
        elif scheme in LETTERS:
            begin, inside, end, single = LETTERS[scheme]
            prefixes = [single] if length == 1 else [begin, *[inside] * (length - 2), end]
            tags += [f"{prefix}-{kind}" for prefix in prefixes]
        else:
            first = "B" if scheme == "IOB2" or before == kind else "I"
            tags += [f"{first}-{kind}", *[f"I-{kind}"] * (length - 1)]
        before = kind
    return tags


_spans = st.lists(st.tuples(st.sampled_from(["O", "PER", "LOC", "work-of-art"]), st.integers(1, 4)), max_size=6)


@given(_spans, st.sampled_from(["IOB1", "IOB2", "IOBES", "BILOU", "BMES"]))
def test_every_scheme_says_the_same_and_becomes_the_others(spans: list[tuple[str, int]], scheme: Scheme) -> None:
    tags = _tags(scheme, spans)
    expected, place = [], 0
    for kind, length in spans:
        if kind != "O":
            expected.append(Entity(kind, place, place + length))
        place += length
    assert entities(tags) == expected
    assert to_iob2(tags) == _tags("IOB2", spans)
    assert to_iobes(tags) == _tags("IOBES", spans)
    assert entities(to_iob2(tags), strict=True) == expected


def test_broken_sequences_are_mended_and_stay_so() -> None:
    alphabet = ["O", "B-a", "I-a", "I-b", "E-a", "S-a"]
    for length in range(5):
        for tags in product(alphabet, repeat=length):
            for mend in (to_iob2, to_iobes):
                mended = mend(tags)
                assert entities(mended) == entities(tags)
                assert mend(mended) == mended


SPANS = [("O", 1), ("PER", 2), ("PER", 1), ("LOC", 3), ("O", 1)]


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "IOBES", "BILOU", "BMES"])
def test_a_scheme_shows_in_a_corpus(scheme: Scheme) -> None:
    tags = tuple(_tags(scheme, SPANS))
    assert detect_scheme([Sentence(("x",) * len(tags), tags, 1)]) == scheme


def test_where_several_fit_the_scheme_is_iob2() -> None:
    for tags in (("O", "O"), ("B-a", "I-a"), ("B-a", "B-a")):
        assert detect_scheme([Sentence(("x", "y"), tags, 1)]) == "IOB2"


def test_what_fits_no_scheme_is_named() -> None:
    with pytest.raises(ValueError, match=r"line 8 begins an entity with I-, line 5 with B-.*`to_iob2`"):
        detect_scheme([Sentence(("x", "y"), ("B-a", "O"), 5), Sentence(("x", "y"), ("O", "I-a"), 7)])
    with pytest.raises(ValueError, match=r"no scheme has the prefixes S- \(line 3\), U- \(line 6\) together"):
        detect_scheme([Sentence(("x", "y"), ("S-a", "O"), 3), Sentence(("x", "y"), ("U-a", "S-a"), 6)])
    with pytest.raises(ValueError, match="line 6: unknown form of tag 'PER'; write O"):
        detect_scheme([Sentence(("x", "y"), ("O", "PER"), 5)])
    with pytest.raises(ValueError, match="unknown form of tag"):
        to_iob2(["PER"])

"""How n-grams in common are counted."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from aigc_ref.metrics.ngrams import in_common, ngrams

_tokens = st.lists(st.sampled_from(["the", "cat", "a", "ab", "b"]), max_size=9)


@given(_tokens, st.integers(1, 4))
def test_n_grams_are_the_runs_of_n_tokens(tokens: list[str], n: int) -> None:
    runs = [tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]
    assert list(ngrams(tokens, n)) == (tokens if n == 1 else runs)


@given(_tokens, st.lists(_tokens, min_size=1, max_size=3))
def test_in_common_is_the_intersection_with_the_union_of_the_others(grams: list[str], others: list[list[str]]) -> None:
    most: Counter[str] = Counter()
    for other in others:
        most |= Counter(other)
    assert in_common(grams, *others) == (Counter(grams) & most).total()

"""Merging: no sequence of answers loses a fact, and a thing is gone only when it was missed twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Reason, Unchanged
from tools.catalogue.facts import RepositoryFacts, RepositoryRecord, State, is_idle
from tools.catalogue.merge import merge
from tools.catalogue.parts import REPOSITORIES
from tools.catalogue.policy import BETWEEN_STRIKES

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = "owner/name"
KNOWN = RepositoryRecord(
    state=State.OK,
    since=NOW.date(),
    checked=NOW,
    source="git-history",
    data=RepositoryFacts(name=KEY, commits_in_year=7, stars=5),
)

facts = st.builds(
    lambda **said: RepositoryFacts(**{name: value for name, value in said.items() if value is not None}),
    name=st.just(KEY),
    stars=st.none() | st.integers(0, 10),
    archived=st.none() | st.booleans(),
    latest_release=st.none() | st.just("v1"),
)
answers: st.SearchStrategy[Answer[RepositoryFacts]] = st.one_of(
    st.builds(Found, key=st.just(KEY), data=facts),
    st.just(Unchanged(KEY)),
    st.just(Missing(KEY)),
    st.just(Blocked(KEY, "dmca")),
    st.builds(NotAnswered, key=st.just(KEY), reason=st.sampled_from(Reason), detail=st.just("")),
)


@given(st.lists(st.tuples(answers, st.integers(0, 40)), max_size=12))
def test_no_sequence_of_answers_loses_a_fact(sequence: list[tuple[Answer[RepositoryFacts], int]]) -> None:
    record, now = KNOWN, NOW
    for answer, hours in sequence:
        now += timedelta(hours=hours)
        before = record
        record = merge(REPOSITORIES, KEY, record, answer, now)
        for name, value in before.data:
            if value is not None:
                assert getattr(record.data, name) is not None, (name, answer)
        assert record.since is not None
        assert record.since <= now.date()


def test_what_the_service_does_not_know_stays() -> None:
    record = merge(REPOSITORIES, KEY, KNOWN, Found(KEY, RepositoryFacts(name=KEY, stars=9)), NOW)
    assert (record.data.stars, record.data.commits_in_year, record.source) == (9, 7, "github")


def test_a_failed_fetch_changes_nothing() -> None:
    assert merge(REPOSITORIES, KEY, KNOWN, NotAnswered(KEY, Reason.TIMED_OUT, ""), NOW) == KNOWN


def test_one_strike_is_not_a_verdict() -> None:
    once = merge(REPOSITORIES, KEY, KNOWN, Missing(KEY), NOW)
    soon = merge(REPOSITORIES, KEY, once, Missing(KEY), NOW + timedelta(hours=1))
    later = merge(REPOSITORIES, KEY, soon, Missing(KEY), NOW + BETWEEN_STRIKES)
    assert [record.state for record in (once, soon, later)] == [State.OK, State.OK, State.NOT_FOUND]
    assert later.data == KNOWN.data
    back = merge(REPOSITORIES, KEY, later, Found(KEY, RepositoryFacts(name=KEY)), NOW + timedelta(days=3))
    assert (back.state, back.missing_since) == (State.OK, None)


def test_sees_a_rename_and_an_archive() -> None:
    renamed = merge(REPOSITORIES, KEY, KNOWN, Found(KEY, RepositoryFacts(name="owner/other")), NOW)
    assert (renamed.state, renamed.reason) == (State.RENAMED, "now owner/other")
    archived = merge(REPOSITORIES, KEY, renamed, Found(KEY, RepositoryFacts(archived=True)), NOW)
    assert archived.state is State.ARCHIVED


def test_idle_is_counted_up_to_the_day_it_was_looked_at() -> None:
    old_copy = KNOWN.model_copy(
        update={
            "checked": datetime(2024, 3, 28, tzinfo=UTC),
            "data": RepositoryFacts(last_commit=datetime(2023, 4, 26, tzinfo=UTC).date()),
        }
    )
    assert not is_idle(old_copy)
    assert is_idle(old_copy.model_copy(update={"checked": NOW}))

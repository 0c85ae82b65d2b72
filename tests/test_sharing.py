"""A mapping that shares what stays with the one before is the dict that the same changes make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.sharing import Shared

KEYS = st.integers(0, 30)
STEPS = st.lists(st.tuples(st.dictionaries(KEYS, st.integers(), max_size=6), st.lists(KEYS, max_size=6)), max_size=40)


@given(st.dictionaries(KEYS, st.integers()), STEPS)
def test_it_is_the_dict_that_the_same_changes_make(
    start: dict[int, int], steps: list[tuple[dict[int, int], list[int]]]
) -> None:
    plain, shared = dict(start), Shared(start)
    earlier = []
    for put, gone in steps:
        earlier.append((shared, dict(plain)))
        plain = {key: value for key, value in plain.items() if key not in gone} | put
        shared = shared.changed(put, gone)
        assert len(shared) == len(plain)
        for key in range(31):
            assert (key in shared) == (key in plain)
            assert shared.get(key, "none") == plain.get(key, "none")
        assert dict(shared.items()) == dict(zip(shared.keys(), shared.values(), strict=True)) == plain
        assert set(shared) == set(plain)
        assert shared == plain
    for before, as_it_was in earlier:
        assert before == as_it_was


def test_what_is_not_there_is_said_as_by_a_dict() -> None:
    shared = Shared({"a": 1}).changed({"b": 2}, ["a"])
    for key in ("a", "c"):
        with pytest.raises(KeyError, match=key):
            shared[key]
    assert repr(shared) == "Shared({'b': 2})"


def test_many_changes_are_written_anew() -> None:
    shared = Shared(dict.fromkeys(range(1000), 0))
    for number in range(2000):
        shared = shared.changed({number + 1000: number}, [number])
    assert dict(shared) == {number + 1000: number for number in range(1000, 2000)}

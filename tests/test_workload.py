"""Numbers add up: by grid, by community and with what nobody has."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import BadInput
from gridmap.workload import MEASURES, Column, Numbers, count_by_grid, roll_up


def test_counts_residents_and_the_surveyed() -> None:
    home = np.array([0, 1, 1, -1])
    columns = [
        Column("households", home),
        Column("residents", home, np.array([3, 2, 0, 5])),
        Column("surveyed", home, np.array([True, False, True, True])),
        Column("shops", np.array([2])),
        Column("shops", np.array([2, 0])),
        Column("incidents", np.array([], dtype=np.int64)),
    ]
    grids, nobody = count_by_grid(columns, 3)
    assert grids == (
        Numbers(households=1, residents=3, surveyed=1, shops=1),
        Numbers(households=2, residents=2, surveyed=1),
        Numbers(shops=2),
    )
    assert nobody == Numbers(households=1, residents=5, surveyed=1)


def test_no_grids_and_no_subjects() -> None:
    assert count_by_grid([], 0) == ((), Numbers())
    assert roll_up([], []) == {}


def test_unknown_measures_and_grids_are_refused() -> None:
    with pytest.raises(BadInput, match="no measure 'dogs'"):
        count_by_grid([Column("dogs", np.array([0]))], 1)
    for wrong in (-2, 1):
        with pytest.raises(BadInput, match="not one of the 1"):
            count_by_grid([Column("shops", np.array([wrong]))], 1)


@given(st.data(), st.integers(1, 9))
def test_every_way_of_adding_up_gives_one_total(data: st.DataObject, grids: int) -> None:
    subjects = st.lists(st.tuples(st.integers(-1, grids - 1), st.integers(0, 9)), max_size=30)
    columns = []
    for measure in MEASURES:
        rows = data.draw(subjects)
        grid, amount = (np.array([row[part] for row in rows], dtype=np.int64) for part in (0, 1))
        columns.append(Column(measure, grid, amount))
    each, nobody = count_by_grid(columns, grids)
    communities = data.draw(st.lists(st.sampled_from("甲乙丙"), min_size=grids, max_size=grids))
    rolled = roll_up(each, communities)
    total = Numbers(*(int(column.amount.sum()) for column in columns if column.amount is not None))
    assert reduce(add, each, nobody) == total
    assert reduce(add, rolled.values(), nobody) == total
    assert set(rolled) == set(communities)

"""The plug is pulled while a plan takes effect: the old plan is whole, or the new one is."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from drawn_plans import drawn_plan, which_is_whole
from office import MOVED, load, open_office, write_households
from pulled_plug import Running

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

# The command as it is, with the plug pulled where the test says.
PROGRAM = """
import sys
from pulled_plug import after
from gridmap import runner
from gridmap.cli.main import main
from gridmap.services import activation
from gridmap.storage import audit, lineage, plans, succession

{plug}
main(sys.argv[1:])
"""
PLUGS = {
    "prepared": ("activation.prepare = after(activation.prepare)", "old"),
    "verdicts carried forward": ("succession.carry_forward = after(succession.carry_forward)", "old"),
    "hand-over list written": ("lineage.put = after(lineage.put)", "old"),
    "old plan closed": ("plans.close_plan = after(plans.close_plan)", "old"),
    "everything written": ("activation.take_effect = after(activation.take_effect)", "old"),
    "committed": ("runner.activate_plan = after(runner.activate_plan)", "new"),
}


@pytest.mark.parametrize("place", PLUGS)
def test_the_plug_is_pulled(database: Database, target: str, tmp_path: Path, place: str) -> None:
    open_office(database, tmp_path)
    places = [(x * 50.0 + 25, y * 50.0 + 25) for x in range(14) for y in range(6)]
    load(database, "households", write_households(tmp_path, places))
    plan = drawn_plan(database, MOVED)
    plug, left = PLUGS[place]
    words = ["plan", "activate", str(plan.id)]
    killed = Running(PROGRAM.format(plug=plug), words, target, tmp_path).wait()
    assert killed.code == -signal.SIGKILL, killed.err
    assert which_is_whole(database, plan) == left
    if left == "old":
        assert Running(PROGRAM.format(plug=""), words, target, tmp_path).wait().code == 0
        assert which_is_whole(database, plan) == "new"

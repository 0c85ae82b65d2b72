"""The plug is pulled while a plan takes effect: the old plan is whole, or the new one is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from drawn_plans import drawn_plan, which_is_whole
from office import MOVED, load, open_office, write_households
from pulled_plug import TESTS

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

# The command as it is, with the plug pulled where the test says.
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
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
    words = [sys.executable, "-c", PROGRAM.format(plug=plug, tests=TESTS), "plan", "activate", str(plan.id)]
    environment = os.environ | {"GRIDMAP_DATABASE": target}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert which_is_whole(database, plan) == left
    if left == "old":
        words = [sys.executable, "-c", PROGRAM.format(plug="", tests=TESTS), "plan", "activate", str(plan.id)]
        assert subprocess.run(words, env=environment, capture_output=True, check=False, timeout=120).returncode == 0
        assert which_is_whole(database, plan) == "new"

"""`gridmap plan undo` takes back the last edit of a draft."""

from __future__ import annotations

import click

from gridmap.cli.common import json_option
from gridmap.cli.plan.common import revision_option, run_step


@click.command("undo")
@click.argument("plan")
@revision_option
@json_option
def command(plan: str, revision: int | None, as_json: bool) -> int:
    """Take back the last edit of the draft PLAN, as often as there are edits. Nothing leaves the log.

    \b
    Examples:
      gridmap plan undo 2027年调整
      gridmap plan undo 8f0c3a52 --revision 7 --json
    """
    from gridmap.services.drafts import undo  # noqa: PLC0415 -- `--help` needs no services

    return run_step(plan, lambda tx, scope, draft_id: undo(tx, scope, draft_id, revision), as_json=as_json)

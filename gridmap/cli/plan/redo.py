"""`gridmap plan redo` makes an edit again that was taken back."""

from __future__ import annotations

import click

from gridmap.cli.common import json_option
from gridmap.cli.plan.common import revision_option, run_step


@click.command("redo")
@click.argument("plan")
@revision_option
@json_option
def command(plan: str, revision: int | None, as_json: bool) -> int:
    """Make the edit of the draft PLAN again that was taken back last, unless a newer one took its place.

    \b
    Examples:
      gridmap plan redo 2027年调整
      gridmap plan redo 8f0c3a52 --revision 7 --json
    """
    from gridmap.services.drafts import redo  # noqa: PLC0415 -- `--help` needs no services

    return run_step(plan, lambda tx, scope, draft_id: redo(tx, scope, draft_id, revision), as_json=as_json)

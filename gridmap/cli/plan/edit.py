"""`gridmap plan edit` makes one edit of a draft."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from gridmap.cli.common import json_option
from gridmap.cli.plan.common import revision_option, run_step
from gridmap.errors import BadInput


@click.command("edit")
@click.argument("plan")
@click.argument("operation")
@revision_option
@json_option
def command(plan: str, operation: str, revision: int | None, as_json: bool) -> int:
    """Make one edit of the draft PLAN. OPERATION is the body of the API as JSON, or `-` to read it from a pipe.

    PLAN is an id, the beginning of one, or a name. Grids are named by code or id, blocks by id, points are
    [longitude, latitude] EPSG:4490. An edit that would break the plan is refused with reason, place and metres.

    \b
    Examples:
      gridmap plan edit 2027年调整 '{"op":"cut","grid":"440106001001002","line":[[113.32,23.13],[113.33,23.13]]}'
      gridmap plan edit 2027年调整 '{"op":"merge","grids":["440106001001002","440106001001003"]}' --json
      gridmap plan edit 8f0c3a52 '{"op":"rename","grid":"440106001001002","name":"解放路社区第02网格"}' --revision 7
    """
    from gridmap.services import drafts  # noqa: PLC0415 -- `--help` needs no services

    text = sys.stdin.read() if operation == "-" else operation
    body = _read(text)
    seen = body.pop("revision", None) if revision is None else revision
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
        raise BadInput(f"`revision` has to be a whole number, not {seen!r}", field="revision")
    return run_step(plan, lambda tx, scope, draft_id: drafts.edit(tx, scope, draft_id, body, seen), as_json=as_json)


def _read(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise BadInput(f"OPERATION is no JSON: {error}; put it between single quotes", field="operation") from error
    if not isinstance(body, dict):
        raise BadInput('OPERATION has to be an object such as {"op":"cut", …}', field="operation")
    return body

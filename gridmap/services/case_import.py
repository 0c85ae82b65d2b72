"""Incidents that come as records of a file: what the other system says comes in, what the office did stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gridmap.access import Scope
from gridmap.files.vocabulary import label
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.casework import TAKEN_OVER
from gridmap.model.kinds import FieldType, kind_named
from gridmap.model.moments import SHANGHAI
from gridmap.services.case_opening import Order, due_at, open_files
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.intake_steps import entry_step
from gridmap.services.reports import DRAFT_STATE, FIRST_STATE
from gridmap.services.rows import Incoming, key_of
from gridmap.storage import case_ledger, casework

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from gridmap.model.cases import Assignment
    from gridmap.model.casework import CaseFile, Step
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.case_ledger import LedgerStep
    from gridmap.storage.database import Transaction

OwnFiles = tuple[list["CaseFile"], list["Step"]]

_INCIDENTS = kind_named("incidents")
_MOVED = ("state", "deadline", "closed_at")  # both the other system and the office change these
_TOLD = ("source", "category", "title", "address")  # before and after; of other fields it is told that they changed
_SAID = "said"  # in the file of a case: what the other system said of _MOVED last


def opened_for(tx: Transaction, records: Sequence[dict[str, Any]], verdicts: Mapping[UUID, Assignment]) -> OwnFiles:
    """Open the files of incidents that are about to be added, and give those without a deadline the one of the rules.

    A case that another system has begun gets a first step that says in which state it came.

    Parameters
    ----------
    records : sequence of dict
        Rows of incidents; `deadline` and `state` are filled in where they are empty.
    verdicts : mapping
        By incident.
    """
    rules = current_rules(tx)
    files = _opened(tx, rules, records, verdicts)
    steps = []
    for record, file in zip(records, files, strict=True):
        record["deadline"] = record.get("deadline") or due_at(rules, file)
        record["state"] = record.get("state") or FIRST_STATE
        if record["state"] not in {FIRST_STATE, DRAFT_STATE}:
            steps.append(entry_step(tx, record, file.level, record.get("closed_at")))
    return files, steps


def write(tx: Transaction, made: OwnFiles) -> None:
    """Write files and first steps, after their incidents."""
    files, steps = made
    casework.add_files(tx, files)
    casework.add_steps(tx, steps)


def news(
    tx: Transaction, rows: Sequence[Incoming], stored: Mapping[tuple[Any, ...], Mapping[str, Any]]
) -> list[Incoming]:
    """Leave in rows what the other system says anew about cases that are here; all of it where the case is new.

    State, deadline and closing time change on both sides. They come in when the other system says something else than
    last time, whatever the office did meanwhile; when it repeats itself, what the office did stays. Of a case that did
    not come as a record nobody knows what was said last: there they come in as long as the office has made no move.
    """
    known = {number: stored.get(key_of(_INCIDENTS, row.values)) for number, row in enumerate(rows)}
    ids = [each["id"] for each in known.values() if each]
    everything = Scope.everything(tx.actor)
    files, steps = casework.files_of(tx, everything, ids), case_ledger.steps_of(tx, everything, ids)
    rules = current_rules(tx)
    fresh = []
    for number, row in enumerate(rows):
        values, old = dict(row.values), known[number]
        if old:
            file = files.get(old["id"])
            said = ((file.original or {}) if file else {}).get(_SAID)
            moved = _moved_here(steps.get(old["id"], ()))
            for name in _MOVED:
                repeated = moved if said is None else _text(values.get(name)) == said.get(name)
                if repeated or not values.get(name):
                    values.pop(name, None)
            if values.get("state") not in {*rules.ladders[file.profile if file else ""].states, None}:
                values.pop("state")  # a word that the ladder does not know moves nothing
        if (values.get("state") or (old or {}).get("state")) not in CLOSED_STATES:
            values.pop("closed_at", None)
        fresh.append(replace(row, values=values))
    return fresh


def taken_in(
    tx: Transaction,
    records: Sequence[dict[str, Any]],
    stored: Mapping[UUID, Mapping[str, Any]],
    verdicts: Mapping[UUID, Assignment],
) -> None:
    """Bring what another system changed into the files of cases, before the records are written, and tell it there.

    Who has to act and until when is decided again as long as the office has made no move; afterwards only a deadline
    that the other system changed comes in.

    Parameters
    ----------
    records : sequence of dict
        The changes, with `id`; `deadline` and `closed_at` are filled in.
    stored : mapping
        The records as they are, by id.
    verdicts : mapping
        By incident.
    """
    rules, everything = current_rules(tx), Scope.everything(tx.actor)
    ids = [record["id"] for record in records]
    for incident_id in sorted(ids):
        casework.hold(tx, everything, incident_id)
    files, steps = casework.files_of(tx, everything, ids), case_ledger.steps_of(tx, everything, ids)
    pauses = casework.pauses_of(tx, everything, ids)
    for record, new in zip(records, _opened(tx, rules, _whole(records, stored, files), verdicts), strict=True):
        was, old, done = stored[record["id"]], files.get(record["id"]), steps.get(record["id"], ())
        fixed = record.get("deadline")
        if old is None:
            file = new
        else:
            kept = old.original or {}
            file = old if _moved_here(done) else replace(new, return_until=old.return_until)
            file = replace(file, fixed_deadline=fixed, fixed_at=tx.now) if fixed else file
            file = replace(file, original={**kept, _SAID: {**kept.get(_SAID, {}), **_said(record)}})
        before, after = was.get("state") or FIRST_STATE, record.get("state") or was.get("state")
        if after not in CLOSED_STATES or (before not in CLOSED_STATES and "closed_at" not in record):
            record["closed_at"] = None
        record["deadline"] = due_at(rules, file, pauses.get(record["id"], ()))
        casework.put_file(tx, file)
        casework.add_step(tx, _told_step(tx, record, was, file.level, len(done) + 1, fixed))


def _whole(
    records: Sequence[dict[str, Any]], stored: Mapping[UUID, Mapping[str, Any]], files: Mapping[UUID, CaseFile]
) -> list[dict[str, Any]]:
    """Return records as they will be, with the deadline that was given, not the one that the rules made."""
    whole = []
    for record in records:
        was, file = stored[record["id"]], files.get(record["id"])
        fixed = file.fixed_deadline if file else was.get("deadline")
        whole.append({**was, "deadline": fixed, **record})
    return whole


def _opened(
    tx: Transaction, rules: Rules, records: Sequence[Mapping[str, Any]], verdicts: Mapping[UUID, Assignment]
) -> list[CaseFile]:
    given = []
    for record in records:
        begun = record.get("reported_at") or tx.now
        order = Order(
            record["id"],
            record.get("source") or "",
            record.get("category") or "",
            begun,
            record.get("deadline"),
            original={_SAID: _said(record)},
        )
        given.append((order, verdicts.get(record["id"])))
    return open_files(tx, rules, given)


def _said(record: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(record[name]) for name in _MOVED if record.get(name)}


def _text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value or "")


def _moved_here(steps: Sequence[LedgerStep]) -> bool:
    return any(step.move != TAKEN_OVER for step in steps)


def _told_step(
    tx: Transaction, record: Mapping[str, Any], old: Mapping[str, Any], level: str, number: int, fixed: datetime | None
) -> Step:
    """Tell what changed; names and telephone numbers are not repeated."""
    before = old.get("state") or FIRST_STATE
    state, closed_at = record.get("state") or before, record.get("closed_at")
    parts = [_told(name, old.get(name), record[name]) for name in record if _tells(name, old, record)]
    if fixed:
        parts.append(f"{label(_INCIDENTS, 'deadline')}改为{fixed.astimezone(SHANGHAI):%Y-%m-%d %H:%M}")
    step = entry_step(tx, {"id": record["id"], "state": state}, level, closed_at)
    return replace(step, number=number, at=tx.now, state_before=before, reason="；".join(["来源系统更新", *parts]))


def _tells(name: str, old: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    if name in {*_MOVED, "id", "import_id", "community_id"}:
        return False
    return (record[name] or None) != (old.get(name) or None)


def _told(name: str, old: Any, new: Any) -> str:
    word = "位置" if name == "geom" else label(_INCIDENTS, name)
    if name in _TOLD and _INCIDENTS.field(name).type is FieldType.TEXT:
        return f"{word}由“{old or '空'}”改为“{new or '空'}”"
    return f"{word}已更新"

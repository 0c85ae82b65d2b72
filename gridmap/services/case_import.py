"""Incidents that come as records of a file get their files at once: who has to act, by which rule, until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.services.case_opening import Order, due_at, open_files
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.intake_steps import entry_step
from gridmap.services.reports import DRAFT_STATE, FIRST_STATE
from gridmap.storage import casework

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from gridmap.model.cases import Assignment
    from gridmap.model.casework import CaseFile, Step
    from gridmap.storage.database import Transaction

OwnFiles = tuple[list["CaseFile"], list["Step"]]


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
    given = []
    for record in records:
        begun = record.get("reported_at") or tx.now
        order = Order(
            record["id"], record.get("source") or "", record.get("category") or "", begun, record.get("deadline")
        )
        given.append((order, verdicts.get(record["id"])))
    files = open_files(tx, rules, given)
    steps = []
    for record, file in zip(records, files, strict=True):
        record["deadline"] = record.get("deadline") or due_at(rules, file)
        record["state"] = record.get("state") or FIRST_STATE
        if record["state"] not in {FIRST_STATE, DRAFT_STATE}:
            steps.append(entry_step(tx, record, file.level))
    return files, steps


def write(tx: Transaction, made: OwnFiles) -> None:
    """Write files and first steps, after their incidents."""
    files, steps = made
    casework.add_files(tx, files)
    casework.add_steps(tx, steps)

"""批准文号: the document that puts a plan in force; 审图号, which a map is printed with, is another number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gridmap.errors import BadInput
from gridmap.model.land import Document
from gridmap.services.plan_land import today
from gridmap.storage import plans

if TYPE_CHECKING:
    from datetime import date

    from gridmap.model.land import Plan
    from gridmap.storage.database import Transaction

NUMBER_SIGNS = 60  # "开府发〔2026〕18号" has twelve


def read_document(tx: Transaction, number: str | None, day: date | None) -> Document | None:
    """Return the document that puts a plan in force; None when none is named.

    Raises
    ------
    BadInput
        A date without a number, a date to come, or a number that is too long.
    """
    said = " ".join((number or "").split())
    if not said:
        if day is not None:
            raise BadInput("the date of an approval goes with its number: name the document", field="approval_number")
        return None
    if len(said) > NUMBER_SIGNS:
        raise BadInput(f"an approval number has at most {NUMBER_SIGNS} characters: {said}", field="approval_number")
    if day is not None and day > today(tx):
        raise BadInput(f"the document is dated {day}, later than today, {today(tx)}", field="approval_date")
    return Document(said, day)


def put_document(tx: Transaction, plan: Plan, document: Document | None) -> Plan:
    """Write down by which document a plan takes effect; without one it keeps the one that was named before."""
    if document is None:
        return plan
    plans.set_document(tx, plan.id, document)
    return replace(plan, document_number=document.number, document_date=document.day)

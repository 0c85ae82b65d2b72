"""Who may see what: areas as a filter for storage queries, and masks for personal values.

Deny by default: a `Scope` names what is visible, everything else is not. Until accounts exist only
`Scope.everything()` is handed out, to the command line and to a server on 127.0.0.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True)
class Scope:
    """The communities whose data a caller may read; storage turns it into a WHERE clause.

    An empty scope sees nothing. Rows without a community (not yet located) are visible to `everything` alone.
    """

    actor: str
    communities: frozenset[UUID] = field(default_factory=frozenset)
    unlimited: bool = False

    @staticmethod
    def everything(actor: str = "local") -> Scope:
        """All areas: for the command line and for a server that binds to 127.0.0.1."""
        return Scope(actor=actor, unlimited=True)


class Mask(StrEnum):
    """How a personal value is shown to those who need not know it."""

    NAME = "name"
    PHONE = "phone"
    ID_NUMBER = "id_number"


def mask(value: str, kind: Mask) -> str:
    """Hide the identifying part of a personal value.

    Names keep the first character (张**), telephone numbers the first three and last four digits
    (138****1234), identity numbers the first six and last four. Values too short for that are hidden whole.
    """
    text = value.strip()
    if not text:
        return text
    if kind is Mask.NAME:
        return text[0] + "**"
    head, tail = (3, 4) if kind is Mask.PHONE else (6, 4)
    if len(text) < head + tail + 2:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]


def is_masked(value: str) -> bool:
    """Tell whether a value has been through `mask`: such values must never overwrite the real ones."""
    return "*" in value

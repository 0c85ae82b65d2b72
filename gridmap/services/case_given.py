"""What comes with a move: read, and refused when it cannot be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gridmap import codes
from gridmap.address.masking import mask_numbers
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.files.pictures import picture_type
from gridmap.model.casework import Photo, WhistleKind
from gridmap.model.kinds import kind_named
from gridmap.model.land import new_id
from gridmap.model.moments import SHANGHAI, require_year
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import casework as store
from gridmap.storage import incidents, registers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gridmap.access import Scope
    from gridmap.casework.ladder import Ladder, Move
    from gridmap.model.casework import CaseFile, Whistle
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

INCIDENTS = kind_named("incidents")
PHOTO_BYTES = 4 * 1024 * 1024
PHOTOS = 9


@dataclass(frozen=True)
class Ask:
    """A move that somebody wants to make.

    Parameters
    ----------
    move : str
        In the words of the ladder.
    role, actor : str
        As who, and who. Until there are accounts the caller says both.
    unit, grid, incident : str
        承办单位; code of a grid; id or number of the incident to merge into.
    deadline : datetime, optional
    whistle : str
        residents (居民吹哨) or community (社区吹哨).
    outcome : str
        How it ended, or how it is rated.
    photos : tuple of bytes
        Pictures, JPEG or PNG.
    step : int, optional
        How many steps and requests of the case the caller has seen; without it the case may have gone on meanwhile.
    """

    move: str
    role: str
    actor: str = ""
    reason: str = ""
    unit: str = ""
    grid: str = ""
    incident: str = ""
    deadline: datetime | None = None
    whistle: str = ""
    outcome: str = ""
    photos: tuple[bytes, ...] = field(default=(), repr=False)
    step: int | None = None

    def given(self) -> set[str]:
        """Name what comes with it, in the words of the ladder."""
        texts = ("reason", "unit", "grid", "incident", "whistle", "outcome")
        said = {name for name in texts if getattr(self, name).strip()}
        return said | ({"deadline"} if self.deadline else set()) | ({"photo"} if self.photos else set())


def resolve(tx: Transaction, scope: Scope, id_or_number: str) -> UUID:
    """Return the id of an incident that is named by id or by number.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    found = registers.existing_by_key(tx, scope, INCIDENTS, [(id_or_number,)]).get((id_or_number,))
    if found:
        return UUID(str(found["id"]))
    try:
        return UUID(id_or_number)
    except ValueError:
        raise NotFound(f"there is no incident {id_or_number!r}", incident=id_or_number) from None


def read_given(
    tx: Transaction, scope: Scope, rules: Rules, case: Case, file: CaseFile, move: Move, ask: Ask
) -> dict[str, Any]:
    """Return what comes with a move as it is kept: JSON values, photos by their hashes.

    Raises
    ------
    BadInput
        A grid, an outcome, a whistle, a deadline or a photo cannot be.
    NotFound
        The incident to merge into is not there.
    Conflict
        The incident to merge into is merged, withdrawn or handed back itself.
    """
    ladder = rules.ladders[file.profile]
    said: dict[str, Any] = {}
    if ask.unit.strip():
        said["unit"] = ask.unit.strip()
    if ask.grid.strip():
        said["grid"] = _grid(tx, ask.grid)
    if ask.incident.strip():
        said["incident"] = str(_main(tx, scope, ladder, case, ask.incident.strip()))
    if ask.deadline:
        said["deadline"] = _deadline(tx, case, ask.deadline).isoformat()
    if ask.whistle.strip():
        said["whistle"] = _one_of("whistle", ask.whistle.strip(), tuple(WhistleKind))
    if ask.outcome.strip():
        said["outcome"] = _outcome(rules, ladder, file, move, ask.outcome.strip())
    if ask.photos:
        said["photos"] = [hashlib.sha256(content).hexdigest() for content in ask.photos]
    return said


def photos_of(tx: Transaction, case: Case, ask: Ask) -> list[Photo]:
    """Return the pictures that come with a move.

    Raises
    ------
    BadInput
        One is no JPEG or PNG, damaged or too large, or there are too many.
    """
    if len(ask.photos) > PHOTOS:
        raise BadInput(f"at most {PHOTOS} photos go with one move, not {len(ask.photos)}", field="photos")
    return [
        Photo(
            new_id(),
            case.incident.id,
            hashlib.sha256(content).hexdigest(),
            _media_type(content),
            content,
            tx.now,
            ask.actor or tx.actor,
        )
        for content in ask.photos
    ]


def whistle_of(tx: Transaction, scope: Scope, case: Case, given: Mapping[str, Any], *, arriving: bool) -> Whistle:
    """Return the whistle that a unit answers, or arrives for.

    Raises
    ------
    Conflict
        No whistle waits for that: the unit was not called, or has answered or arrived already.
    """
    for whistle in store.whistles_of(tx, scope, case.incident.id):
        waits = whistle.arrived_at is None and (arriving or whistle.answered_at is None)
        if mask_numbers(whistle.unit) == mask_numbers(given["unit"]) and waits:  # shown masked, answered as shown
            return whistle
    done = "arrived" if arriving else "answered"
    raise Conflict(
        f"no whistle waits for {given['unit']}: it was not called, or has {done} already",
        reason="no_whistle",
        unit=given["unit"],
    )


def _grid(tx: Transaction, text: str) -> str:
    code = codes.clean_text(text)
    for plan in plans_in_force(tx):
        if any(grid.code == code for grid in plan.grids.values()):
            return code
    raise BadInput(f"no plan in force has a grid {code}: name one by its code", reason="no_grid", field="grid")


def _main(tx: Transaction, scope: Scope, ladder: Ladder, case: Case, named: str) -> UUID:
    main = incidents.incident_named(tx, scope, resolve(tx, scope, named)).incident
    if main.id == case.incident.id:
        raise BadInput("an incident cannot be merged into itself: name another", reason="itself", field="incident")
    if main.state in ladder.void:
        raise Conflict(
            f"{main.number} is {main.state} itself: merge into one that goes on",
            reason="ended",
            incident=main.number,
            state=main.state,
        )
    return main.id


def _deadline(tx: Transaction, case: Case, at: datetime) -> datetime:
    require_year(at, "deadline")
    moment = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    if moment <= tx.now:
        raise BadInput(f"the deadline {moment.isoformat()} is over already", reason="over", field="deadline")
    if case.incident.reported_at and moment <= case.incident.reported_at:
        raise BadInput("the deadline lies before the report", reason="before", field="deadline")
    return moment


def _outcome(rules: Rules, ladder: Ladder, file: CaseFile, move: Move, word: str) -> str:
    if move.effect == "rate":
        return _one_of("outcome", word, ladder.ratings)
    known = rules.catalogue.lists.get(file.category_list)
    return _one_of("outcome", word, known.outcomes) if known and known.outcomes else word


def _one_of(name: str, word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise BadInput(
            f"{name} is one of {'、'.join(words)}, not {word!r}", reason="one_of", field=name, words=list(words)
        )
    return word


def _media_type(content: bytes) -> str:
    if len(content) > PHOTO_BYTES:
        raise BadInput(f"a photo has at most {PHOTO_BYTES // 2**20} MiB: make it smaller", field="photos")
    return picture_type(content)

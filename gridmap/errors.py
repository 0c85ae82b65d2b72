"""What can go wrong, by name. Each class has a stable code that scripts and clients may rely on."""

from __future__ import annotations

from typing import Any, ClassVar


class GridmapError(Exception):
    """Base of every error that a user can act on.

    Parameters
    ----------
    message : str
        What is wrong and what to do, in one or two sentences.
    **evidence
        Facts that a client may show: row, field, place, metres.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **evidence: Any) -> None:
        super().__init__(message)
        self.message = message
        self.evidence = evidence


class BadInput(GridmapError):
    """A value that was given cannot be used."""

    code = "bad_input"


class NotFound(GridmapError):
    """The thing that was named does not exist, or not within the caller's scope."""

    code = "not_found"


class Conflict(GridmapError):
    """The thing exists already, or changed since the caller read it."""

    code = "conflict"


class StaleRevision(Conflict):
    """The draft was changed since the caller read it; the evidence lists the newer edits."""

    code = "stale_revision"


class StaleCase(Conflict):
    """The case moved on since the caller read it; the evidence lists the newer steps and requests."""

    code = "stale_case"


class Forbidden(GridmapError):
    """The caller may not do this here."""

    code = "forbidden"


class CrsRefused(BadInput):
    """A coordinate system that is unknown, needs local parameters, or was not declared."""

    code = "crs_refused"


class CoordinatesRefused(BadInput):
    """Coordinates that cannot be what was declared: swapped axes, metres as degrees, another datum."""

    code = "coordinates_refused"


class GeometryRefused(BadInput):
    """A shape that is empty, broken or of the wrong kind."""

    code = "geometry_refused"


class CodeRefused(BadInput):
    """An area or grid code that is not one, or that a spreadsheet has damaged."""

    code = "code_refused"


class FileRefused(BadInput):
    """A file that cannot be read as what it claims to be."""

    code = "file_refused"


class CoverageBroken(GridmapError):
    """Boundaries that overlap or do not match; the evidence lists the problems."""

    code = "coverage_broken"


class RepairRefused(GridmapError):
    """A repair that would lose or change too much; a person has to decide."""

    code = "repair_refused"


class EditRefused(GridmapError):
    """An edit of boundaries that cannot be done; the evidence has `reason`, `place` and `metres`."""

    code = "edit_refused"


class PlanRefused(GridmapError):
    """A plan that breaks a rule and cannot take effect; the evidence lists the problems."""

    code = "plan_refused"


class CodesExhausted(GridmapError):
    """All 999 grid codes of a community are in use or were in force once."""

    code = "codes_exhausted"


class NoPlan(GridmapError):
    """No plan is in force at that time: boundaries have to be imported first."""

    code = "no_plan"


class NoGazetteer(GridmapError):
    """There is no gazetteer to look addresses up in: it has to be built first."""

    code = "no_gazetteer"


class DatabaseProblem(GridmapError):
    """The database cannot be used: missing, locked, of another version, or without spatial functions."""

    code = "database_problem"


class SetupMissing(GridmapError):
    """Something that belongs to the installation is not there: a page asset, a system library."""

    code = "setup_missing"

"""What a 四至 sentence says, as data. Every piece knows where it stands in the original text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Side(StrEnum):
    """A side of the land; north is +y of the plane."""

    EAST = "east"
    SOUTH = "south"
    WEST = "west"
    NORTH = "north"
    NORTHEAST = "northeast"
    SOUTHEAST = "southeast"
    SOUTHWEST = "southwest"
    NORTHWEST = "northwest"


SIDE_WORDS = {Side.EAST: "东", Side.SOUTH: "南", Side.WEST: "西", Side.NORTH: "北"}
FOUR_SIDES = tuple(SIDE_WORDS)


@dataclass(frozen=True)
class Span:
    """A stretch of the original text: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True)
class Qualifier:
    """What a text says about a feature beside its name.

    Parameters
    ----------
    kind : str
        centre_line, red_line, bank, edge, side, extension, section, wall, phase, line, planned, existing, neighbour,
        included, excluded, or note (in brackets, not understood).
    text : str
    span : Span
    """

    kind: str
    text: str
    span: Span


@dataclass(frozen=True)
class Mention:
    """A feature that a text names.

    Parameters
    ----------
    name : str
        The name to look for: half-width, without qualifiers.
    kind : str
        road, water, railway, hill, compound, wall, boundary, parcel, or "" when the name does not tell.
    span : Span
        Name and qualifiers together.
    qualifiers : tuple of Qualifier
    """

    name: str
    kind: str
    span: Span
    qualifiers: tuple[Qualifier, ...] = ()


@dataclass(frozen=True)
class Limit:
    """What a text says of one side: its features in the order of the text.

    Parameters
    ----------
    side : Side
    mentions : tuple of Mention
    span : Span
        Side word, verb and features.
    """

    side: Side
    mentions: tuple[Mention, ...]
    span: Span


@dataclass(frozen=True)
class Leg:
    """One leg of a walk round the land: along a feature until another.

    Parameters
    ----------
    along : Mention
    until : tuple of Mention
        The feature at which the leg ends, or the two that cross there.
    heading : str
        Direction words of the leg ("西北"), or "".
    span : Span
    """

    along: Mention
    until: tuple[Mention, ...]
    heading: str
    span: Span


@dataclass(frozen=True)
class Part:
    """One closed piece of land: four limits, or a walk round it.

    Parameters
    ----------
    label : str
        What the text calls it (东块), or "".
    limits : tuple of Limit
        In the order of the text.
    start : tuple of Mention
        Of a walk: the features that cross where it begins.
    legs : tuple of Leg
        Of a walk.
    span : Span
    """

    label: str
    limits: tuple[Limit, ...]
    span: Span
    start: tuple[Mention, ...] = ()
    legs: tuple[Leg, ...] = ()

    @property
    def missing(self) -> tuple[Side, ...]:
        """The sides of which a text with limits says nothing."""
        if self.legs:
            return ()
        said = {each.side for each in self.limits}
        return tuple(side for side in FOUR_SIDES if side not in said)


@dataclass(frozen=True)
class Exemption:
    """Land that a text takes out or expressly counts in: features by name, or a piece with its own limits."""

    excluded: bool
    mentions: tuple[Mention, ...]
    part: Part | None
    span: Span


@dataclass(frozen=True)
class Leftover:
    """A piece of the text that was not understood, and why."""

    text: str
    reason: str
    span: Span


@dataclass(frozen=True)
class Parse:
    """A whole sentence.

    Parameters
    ----------
    text : str
        As it was given.
    parts : tuple of Part
        One, or several that are apart.
    exemptions : tuple of Exemption
    heading : Span or None
        Words before the first part (四至范围:).
    leftovers : tuple of Leftover
        What was not understood.
    """

    text: str
    parts: tuple[Part, ...]
    exemptions: tuple[Exemption, ...] = ()
    heading: Span | None = None
    leftovers: tuple[Leftover, ...] = field(default=())

    def piece(self, span: Span) -> str:
        """Return the original words of a span."""
        return self.text[span.start : span.end]

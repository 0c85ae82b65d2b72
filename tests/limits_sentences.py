"""What a parse says of a sentence, short enough to be read and checked by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.services.limits_words import side_word

if TYPE_CHECKING:
    from gridmap.space.limits.values import Mention, Parse, Part


def told(parsed: Parse) -> dict[str, Any]:
    """Say sides, features, (kinds of) qualifiers, exemptions and what was not understood."""
    said: dict[str, Any] = {"said": [_part(part) for part in parsed.parts]}
    missing = ["".join(side_word(side) for side in part.missing) for part in parsed.parts]
    if any(missing):
        said["missing"] = missing
    if parsed.exemptions:
        said["exempt"] = [
            ("-" if each.excluded else "+") + "、".join(map(_mention, each.mentions)) for each in parsed.exemptions
        ]
    if parsed.leftovers:
        said["left"] = [each.text for each in parsed.leftovers]
    return said


def _part(part: Part) -> str:
    label = f"{part.label}: " if part.label else ""
    if part.legs:
        start = "×".join(each.name for each in part.start)
        return label + start + "".join(f" {leg.heading}沿{_mention(leg.along)}" for leg in part.legs)
    return label + " ".join(
        f"{side_word(limit.side)} {'、'.join(map(_mention, limit.mentions))}" for limit in part.limits
    )


def _mention(mention: Mention) -> str:
    return f"{mention.name}/{mention.kind}" + "".join(f"+{each.kind}" for each in mention.qualifiers)

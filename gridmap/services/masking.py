"""Records as they may be shown: personal fields masked, and the numbers of persons in free text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.access import mask
from gridmap.address.masking import mask_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.model.kinds import Field, Kind


def masked_value(field: Field, value: Any) -> Any:
    """Return the value of a field as it may be shown."""
    if not value or not isinstance(value, str):
        return value
    if field.mask is not None:
        return mask(value, field.mask)
    return mask_numbers(value) if field.free else value


def masked_record(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record, or a part of one, as it may be shown; codes, keys and what is no field stay as they are."""
    fields = {field.name: field for field in kind.fields if field.name not in kind.key}
    return {name: masked_value(fields[name], value) if name in fields else value for name, value in values.items()}


def as_stored(kind: Kind, values: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Put back what a record holds where a file has it masked, as an export wrote it: it must not be overwritten."""
    hidden = {name: stored.get(name) for name, value in values.items() if isinstance(value, str) and "*" in value}
    if not hidden:
        return dict(values)
    masked = masked_record(kind, hidden)
    own = {name: hidden[name] for name, value in masked.items() if value and _read(value) == _read(values[name])}
    return dict(values) | own


def _read(text: str) -> str:
    """Leave out what a file does not bring back: spaces around a text, signs that cannot be seen."""
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace())

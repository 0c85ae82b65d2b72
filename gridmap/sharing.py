"""A large mapping that differs from an earlier one in a few entries, and shares the rest with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterable, KeysView, ValuesView

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_GONE: Any = object()
_ABSENT: Any = object()
_LEAST, _SHARE = 64, 8  # differences: with more than that, and than one in so many entries, it is written anew


class Shared(Mapping[_Key, _Value], Generic[_Key, _Value]):
    """An unchangeable mapping. `changed` makes the next one in the time that the difference takes.

    Copying a dict of 10,000 entries, and letting go of it again, takes a millisecond: an edit has three of them. Here
    a look takes a microsecond more instead, and going through all of it one copy.
    """

    __slots__ = ("_base", "_count", "_over")

    def __init__(self, entries: Mapping[_Key, _Value]) -> None:
        self._base: dict[_Key, _Value] = dict(entries)
        self._over: dict[_Key, _Value] = {}
        self._count = len(self._base)

    def changed(self, put: Mapping[_Key, _Value], gone: Iterable[_Key] = ()) -> Shared[_Key, _Value]:
        """Return a mapping without `gone`, of which some may not be there, and then with `put`."""
        made: Shared[_Key, _Value] = Shared.__new__(Shared)
        made._base, made._over, count = self._base, self._over.copy(), self._count
        for key in gone:
            if key in made:
                count -= 1
                made._over[key] = _GONE
        for key, value in put.items():
            count += key not in made
            made._over[key] = value
        made._count = count
        if len(made._over) > max(_LEAST, len(self._base) // _SHARE):
            made._base, made._over = made._whole(), {}
        return made

    def __getitem__(self, key: _Key) -> _Value:
        value: _Value = self._over.get(key, _ABSENT)
        if value is _ABSENT:
            return self._base[key]
        if value is _GONE:
            raise KeyError(key)
        return value

    def get(self, key: object, default: Any = None) -> Any:
        """Return what a key has, or the default."""
        value = self._over.get(cast("_Key", key), _ABSENT)
        if value is _ABSENT:
            return self._base.get(cast("_Key", key), default)
        return default if value is _GONE else value

    def __contains__(self, key: object) -> bool:
        return self.get(key, _GONE) is not _GONE

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._whole())

    def keys(self) -> KeysView[_Key]:
        """Return the keys, as they are now and always."""
        return self._whole().keys()

    def values(self) -> ValuesView[_Value]:
        """Return the values in the order of the keys."""
        return self._whole().values()

    def items(self) -> ItemsView[_Key, _Value]:
        """Return keys and values."""
        return self._whole().items()

    def __repr__(self) -> str:
        return f"Shared({self._whole()!r})"

    def _whole(self) -> dict[_Key, _Value]:
        if not self._over:
            return self._base
        whole = self._base.copy()
        for key, value in self._over.items():
            if value is _GONE:
                whole.pop(key, None)
            else:
                whole[key] = value
        return whole

"""Categories of incidents as data: what it is called, how long it may take, whose it is, what counts as told twice.

The same code means different things in two cities, so a category is a list and a code. The lists stand in
`data/lookups/categories/`; an office imports its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.casework.calendar import Limit, Unit
from gridmap.errors import BadInput
from gridmap.model.casework import DeadlineClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FAMILIES = {"component": "部件", "event": "事件", "dispute": "矛盾纠纷", "appeal": "民生诉求", "hazard": "安全隐患"}


@dataclass(frozen=True)
class Category:
    """One category of a list.

    Parameters
    ----------
    parent : str
        Code of the class that it belongs to; empty for a class itself.
    aliases : tuple of str
        Other words for it.
    limit : Limit or None
        How long it may take; None for 长期推进.
    owner : str
        Who has it by property or duty (属主); empty when nobody is named.
    metres, days : float
        Two reports of it that are as near as that, in place and in time, may be one.
    """

    list: str
    family: str
    code: str
    name: str
    parent: str
    aliases: tuple[str, ...]
    deadline_class: DeadlineClass
    limit: Limit | None
    owner: str
    metres: float
    days: float


@dataclass(frozen=True)
class CategoryList:
    """A list of categories with one meaning per code.

    Parameters
    ----------
    active : bool
        Whether words are looked up in it; the codes of any list can be named with it.
    outcomes : tuple of str
        How such a case can end, such as 调解成功; empty when there is nothing to choose.
    """

    name: str
    family: str
    edition: str
    active: bool
    outcomes: tuple[str, ...]
    categories: Mapping[str, Category]


@dataclass(frozen=True)
class Catalogue:
    """All lists, and the active categories by their words."""

    lists: Mapping[str, CategoryList]
    words: Mapping[str, Category]

    def find(self, text: str) -> Category | None:
        """Return the category that a text names: `list/code`, or a name or alias of an active list."""
        name, _, code = text.strip().rpartition("/")
        if name in self.lists and code in self.lists[name].categories:
            return self.lists[name].categories[code]
        return self.words.get(text.strip())


def read_catalogue(contents: Iterable[Mapping[str, Any]]) -> Catalogue:
    """Read lists of categories that stand beside each other.

    Raises
    ------
    BadInput
        As `read_list`; or two lists have one name, or two active categories one word: nobody could tell which is meant.
    """
    lists = [read_list(content) for content in contents]
    twice = [name for name, count in Counter(each.name for each in lists).items() if count > 1]
    if twice:
        raise BadInput(f"two lists of categories are called {twice[0]}: rename one", list=twice[0])
    words: dict[str, Category] = {}
    for each in lists:
        for word, category in _words(each) if each.active else ():
            if word in words:
                raise BadInput(
                    f"{word} is a category of {words[word].list} and of {each.name}: take it out of one, or let one of "
                    "the lists not be active",
                    word=word,
                )
            words[word] = category
    return Catalogue({each.name: each for each in lists}, words)


def read_list(content: Mapping[str, Any]) -> CategoryList:
    """Read a list of categories.

    Raises
    ------
    BadInput
        A field is missing, a code or word stands twice, a parent is not there, or a limit cannot be read.
    """
    try:
        name, family = str(content["name"]), str(content["family"])
        if family not in FAMILIES:
            raise BadInput(f"{name} has the unknown family {family}; there are {', '.join(FAMILIES)}", field="family")
        read = [_category(name, family, content, row) for row in content["categories"]]
    except KeyError as error:
        raise BadInput(f"a list of categories lacks {error.args[0]!r}", field=str(error.args[0])) from error
    made = CategoryList(
        name,
        family,
        str(content.get("edition", "")),
        bool(content.get("active", True)),
        tuple(content.get("outcomes", ())),
        {each.code: each for each in read},
    )
    faults = [
        f"the code {code} stands twice" for code, count in Counter(each.code for each in read).items() if count > 1
    ]
    faults += [
        f"{each.code} belongs to {each.parent}, which is not there"
        for each in read
        if each.parent and each.parent not in made.categories
    ]
    faults += [
        f"the word {word} stands twice"
        for word, count in Counter(word for word, _ in _words(made)).items()
        if count > 1
    ]
    if faults:
        raise BadInput(f"{name} has {len(faults)} faults: {'; '.join(faults)}", faults=faults)
    return made


def _words(each: CategoryList) -> Iterator[tuple[str, Category]]:
    for category in each.categories.values():
        for word in (category.name, *category.aliases):
            yield word, category


def _category(name: str, family: str, content: Mapping[str, Any], row: Mapping[str, Any]) -> Category:
    said = {**content["default"], **row}
    code = str(said["code"])
    if not code or not str(said["name"]).strip():
        raise BadInput(f"{name} has a category without a code or a name", list=name)
    try:
        kind = DeadlineClass(said["class"])
        limit = None if kind is DeadlineClass.LONG_TERM else Limit(float(said["limit"][0]), Unit(said["limit"][1]))
        metres, days = (float(value) for value in said["duplicates"])
    except (ValueError, TypeError, IndexError) as error:
        raise BadInput(
            f'{name} {code}: class is {"|".join(DeadlineClass)}, limit is [amount, "{"|".join(Unit)}"] and duplicates '
            f"is [metres, days]; {error}",
            list=name,
            code=code,
        ) from error
    if (limit and not limit.amount > 0) or not metres >= 0 or not days >= 0:
        raise BadInput(f"{name} {code}: a limit is more than 0, metres and days are not below 0", list=name, code=code)
    return Category(
        name,
        family,
        code,
        str(said["name"]).strip(),
        str(said.get("parent", "")),
        tuple(said.get("aliases", ())),
        kind,
        limit,
        str(said.get("owner", "")),
        metres,
        days,
    )

"""Is a plan fit to take effect? The rules are data (`data/lookups/plan_rules.json`), what each of them asks is here."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.access import Scope
from gridmap.codes import Level
from gridmap.config import read_lookup
from gridmap.errors import CodeRefused, SetupMissing
from gridmap.model.kinds import kind_named
from gridmap.services.limits_agreement import changed_disagreements
from gridmap.services.plan_case import Case
from gridmap.services.plan_land import PlanInForce, land_of
from gridmap.services.plan_profile import plan_profile
from gridmap.space.measure import is_wider
from gridmap.space.problem import ProblemKind, on
from gridmap.storage import plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.space.problem import Problem
    from gridmap.storage.database import Transaction

SEVERITIES = ("error", "warning", "info")
_MEASURES = {"households": "户", "residents": "人", "shops": "家商铺", "organisations": "家单位", "incidents": "件事件"}
_BREAKING = {ProblemKind.INVALID, ProblemKind.OVERLAP, ProblemKind.MISMATCHED_EDGE}
_NAMING = ("micro_grids", "inclusions", "posts")  # kinds that name a grid by its code
_Limits = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """One rule: its name here, how grave it is, its words on screens, and its limits."""

    rule: str
    severity: str
    title: str
    message: str
    limits: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """Where a plan does not keep a rule.

    Parameters
    ----------
    grids : tuple of str
        Codes of the grids that it is about.
    place : tuple of float or None
        Longitude and latitude of a point to show, EPSG:4490.
    values : dict
        What the message was filled with.
    """

    rule: str
    severity: str
    title: str
    message: str
    grids: tuple[str, ...]
    place: tuple[float, float] | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class PlanReport:
    """What was found, the gravest first. `passed` says that nothing keeps the plan from taking effect."""

    plan_id: str
    plan: str
    base_id: str
    base: str
    passed: bool
    counts: dict[str, int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Found:
    """What a rule has to say before it is put into words; the place lies in the plane."""

    values: dict[str, Any]
    grids: tuple[str, ...] = ()
    place: tuple[float, float] | None = None


def check(tx: Transaction, scope: Scope, plan_id: UUID) -> PlanReport:
    """Check any plan against the one that it was drawn from, or the one in force, or itself.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    """
    new = land_of(tx, scope, plan_id)
    everything = Scope.everything(tx.actor)
    current = plans.plan_in_force(tx, everything, new.subdistrict.id)
    base = new.plan.based_on or (current.id if current else plan_id)
    return check_case(scope, Case(tx, land_of(tx, everything, base), new))


def check_case(scope: Scope, case: Case) -> PlanReport:
    """Ask every rule about a plan that is to follow another one."""
    old, new = case.old, case.new
    findings = [_told(rule, found, new) for rule in rules() for found in _ASKED[rule.rule](case, dict(rule.limits))]
    if not scope.unlimited:
        both = [*old.grids.values(), *new.grids.values()]
        mine = {grid.code for grid in both if grid.community_id in scope.communities}
        findings = [each for each in findings if mine.intersection(each.grids)]
    findings.sort(key=lambda each: SEVERITIES.index(each.severity))
    counts = {severity: sum(each.severity == severity for each in findings) for severity in SEVERITIES}
    return PlanReport(
        str(new.plan.id), new.plan.name, str(old.plan.id), old.plan.name, not counts["error"], counts, tuple(findings)
    )


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Read the rules that are asked.

    Raises
    ------
    SetupMissing
        The file names a rule or a severity that there is not.
    """
    said = read_lookup("plan_rules.json")["rules"]
    found = []
    for each in said:
        fixed = {name: each[name] for name in ("rule", "severity", "title", "message")}
        if fixed["rule"] not in _ASKED or fixed["severity"] not in SEVERITIES:
            raise SetupMissing(
                f"plan_rules.json: there is no rule {fixed['rule']!r} of severity {fixed['severity']!r}; rules: "
                f"{', '.join(_ASKED)}; severities: {', '.join(SEVERITIES)}"
            )
        found.append(Rule(**fixed, limits={name: value for name, value in each.items() if name not in fixed}))
    return tuple(found)


def _told(rule: Rule, found: _Found, new: PlanInForce) -> Finding:
    place = None
    if found.place is not None:
        lon, lat = new.plane.unproject(np.array([found.place]))[0].tolist()
        place = (lon, lat)
    message = rule.message.format(**rule.limits, **found.values)
    return Finding(rule.rule, rule.severity, rule.title, message, found.grids, place, found.values)


def _boundary(kinds: set[ProblemKind]) -> Callable[[Case, _Limits], Iterator[_Found]]:
    """Make the rule that reports some kinds of problem of the boundaries, where they are wider than its limit."""

    def asked(case: Case, limits: _Limits) -> Iterator[_Found]:
        for each in case.problems:
            if each.kind in kinds and _wide(each, limits.get("limit")):
                grids = tuple(case.grids[feature].code for feature in each.features)
                count = int(shapely.get_num_geometries(case.shapes[each.features[0]])) if each.features else 0
                values = {"names": "、".join(grids), "detail": each.detail, "area": round(each.area, 2), "count": count}
                yield _Found(values, grids, each.place)

    return asked


def _wide(problem: Problem, limit: float | None) -> bool:
    if limit is None or problem.kind is ProblemKind.SLIVER or problem.shape is None:
        return True
    return bool(is_wider(np.array([problem.shape], dtype=object), limit)[0])


def _land(*, lost: bool) -> Callable[[Case, _Limits], Iterator[_Found]]:
    """Make the rule about land that one plan has and the other has not; narrower strips are two drawings of a line."""

    def asked(case: Case, limits: _Limits) -> Iterator[_Found]:
        for each in case.moves.pieces:
            grid = each.old if lost else each.new
            other = each.new if lost else each.old
            if other is None and is_wider(np.array([each.shape], dtype=object), limits["limit"])[0]:
                point = shapely.point_on_surface(each.shape)
                grids = case.codes_of([grid])
                yield _Found({"names": "、".join(grids), "area": round(each.area, 2)}, grids, (point.x, point.y))

    return asked


def _lost_people(case: Case, _: _Limits) -> Iterator[_Found]:
    for each in case.people.values():
        for (old, new), (count, _residents) in each.pairs().items():
            if old is not None and new is None and each.kind.name != "incidents":
                grids = case.codes_of([old])
                yield _Found({"names": "、".join(grids), "count": count, "kind": each.kind.chinese}, grids)


def _code_form(case: Case, _: _Limits) -> Iterator[_Found]:
    for grid in case.grids:
        try:
            codes.check(grid.code, Level.GRID)
        except CodeRefused as error:
            yield _Found({"code": grid.code, "detail": error.message}, (grid.code,))


def _code_community(case: Case, _: _Limits) -> Iterator[_Found]:
    for grid in case.grids:
        if codes.community_of(grid.code) != grid.community_code:
            values = {"code": grid.code, "community": grid.community_name, "community_code": grid.community_code}
            yield _Found(values, (grid.code,))


def _code_taken(case: Case, _: _Limits) -> Iterator[_Found]:
    for grid in case.grids:
        if case.ever.get(grid.code, grid.id) != grid.id:
            yield _Found({"code": grid.code}, (grid.code,))


def _unknown_kind(case: Case, limits: _Limits) -> Iterator[_Found]:
    for grid in case.grids:
        if grid.kind.value not in limits["allowed"]:
            yield _Found({"code": grid.code, "kind": grid.kind.value}, (grid.code,))


def _dedicated_unlisted(case: Case, _: _Limits) -> Iterator[_Found]:
    listed = {case.new.identities.get(row["grid"]) for row in case.named("inclusions", "grid")}
    for grid in case.grids:
        if grid.kind.value == "dedicated" and grid.id not in listed:
            yield _Found({"code": grid.code}, (grid.code,))


def _size(*, high: bool) -> Callable[[Case, _Limits], Iterator[_Found]]:
    """Make the rule about grids beyond one of the bounds of the profile."""

    def asked(case: Case, _: _Limits) -> Iterator[_Found]:
        profile = plan_profile()
        kind = "households" if profile.measure == "residents" else profile.measure
        amounts: Counter[UUID | None] = Counter()
        for (_old, new), (count, residents) in case.people[kind].pairs().items():
            amounts[new] += residents if profile.measure == "residents" else count
        for grid in case.grids:
            deviation = profile.deviation({profile.measure: amounts[grid.id]}, grid.kind)
            if deviation is not None and (deviation > 0 if high else deviation < 0):
                values = {
                    "code": grid.code,
                    "amount": amounts[grid.id],
                    "measure": _MEASURES[profile.measure],
                    "profile": profile.name,
                    "low": f"{profile.low:g}",
                    "high": f"{profile.high:g}",
                }
                yield _Found(values, (grid.code,))

    return asked


def _split(column: str, kind: str, *, before: bool) -> Callable[[Case, _Limits], Iterator[_Found]]:
    """Make the rule about compounds or buildings whose households are in several grids, newly or already before."""

    def asked(case: Case, _: _Limits) -> Iterator[_Found]:
        people = case.people["households"]
        of = np.array([value or "" for value in people.columns[column]], dtype=object)
        now, then = _grids_of_each(of, people.new), _grids_of_each(of, people.old)
        cut = {
            code: grids for code, grids in now.items() if len(grids) > 1 and (len(then[code]) >= len(grids)) == before
        }
        names = {row["code"]: row["name"] for row in case.named(kind, "code", "name")} if cut else {}
        for code, grids in sorted(cut.items()):
            involved = case.codes_of([people.grid(grid) for grid in grids])
            count = int((of == code).sum())
            values = {"code": code, "name": names.get(code) or code, "count": count, "grids": "、".join(involved)}
            yield _Found(values, involved, _middle(case, people.lonlat[of == code]))

    return asked


def _grids_of_each(of: NDArray[Any], grid: NDArray[np.int64]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for code, index in zip(of.tolist(), grid.tolist(), strict=True):
        if code:
            found.setdefault(code, set()).update([index] if index >= 0 else [])
    return found


def _middle(case: Case, lonlat: NDArray[np.float64]) -> tuple[float, float] | None:
    placed = lonlat[np.isfinite(lonlat).all(axis=1)]
    if not len(placed):
        return None
    x, y = case.new.plane.project(placed).mean(axis=0).tolist()
    return x, y


def _unassigned(case: Case, _: _Limits) -> Iterator[_Found]:
    for each in case.people.values():
        count = int((each.new < 0).sum())
        if count and each.kind.name != "incidents":
            yield _Found({"count": count, "kind": each.kind.chinese})


def _retired_grid(case: Case, _: _Limits) -> Iterator[_Found]:
    for grid in case.retired:
        yield _Found({"code": grid.code}, (grid.code,))


def _retired_in_use(case: Case, _: _Limits) -> Iterator[_Found]:
    gone = {grid.id: grid.code for grid in case.retired}
    if not gone:
        return
    using: Counter[tuple[str, UUID | None]] = Counter()
    for name in _NAMING:
        using.update(
            (kind_named(name).chinese, case.old.identities.get(row["grid"])) for row in case.named(name, "grid")
        )
    for each in case.people.values():
        wanted = each.columns.get("manual_grid") or []
        using.update((each.kind.chinese, case.old.identities.get(code)) for code in wanted if code)
    for (kind, grid), count in using.items():
        if grid in gone:
            yield _Found({"code": gone[grid], "count": count, "kind": kind}, (gone[grid],))


def _retired_incidents(case: Case, _: _Limits) -> Iterator[_Found]:
    incidents = case.people["incidents"]
    for grid in case.retired:
        count = int((incidents.old == incidents.grids.index(grid.id)).sum())
        if count:
            yield _Found({"code": grid.code, "count": count}, (grid.code,))


def _new_grid(case: Case, _: _Limits) -> Iterator[_Found]:
    for grid in case.grids:
        if grid.id not in case.old.grids:
            yield _Found({"code": grid.code}, (grid.code,))


def _provisional_code(case: Case, _: _Limits) -> Iterator[_Found]:
    for code in case.provisional:
        yield _Found({"code": code}, (code,))


def _without(attribute: str) -> Callable[[Case, _Limits], Iterator[_Found]]:
    """Make the rule about grids that have nothing said of something."""

    def asked(case: Case, _: _Limits) -> Iterator[_Found]:
        for grid in case.grids:
            if not getattr(grid, attribute).strip():
                yield _Found({"code": grid.code}, (grid.code,))

    return asked


def _limits_disagree(case: Case, _: _Limits) -> Iterator[_Found]:
    for grid, shape, answer in changed_disagreements(case):
        yield _Found({"name": grid.name, "detail": answer.message}, (grid.code,), on(shape))


_ASKED: dict[str, Callable[[Case, _Limits], Iterator[_Found]]] = {
    "coverage": _boundary(_BREAKING),
    "gap": _boundary({ProblemKind.GAP}),
    "lost_land": _land(lost=True),
    "gained_land": _land(lost=False),
    "lost_people": _lost_people,
    "code_form": _code_form,
    "code_community": _code_community,
    "code_taken": _code_taken,
    "unknown_kind": _unknown_kind,
    "dedicated_unlisted": _dedicated_unlisted,
    "multipart": _boundary({ProblemKind.MULTIPART}),
    "sliver": _boundary({ProblemKind.SLIVER}),
    "outside_community": _boundary({ProblemKind.OUTSIDE_COMMUNITY}),
    "size_low": _size(high=False),
    "size_high": _size(high=True),
    "compound_split": _split("compound", "compounds", before=False),
    "compound_still_split": _split("compound", "compounds", before=True),
    "building_split": _split("building", "buildings", before=False),
    "unassigned": _unassigned,
    "retired_grid": _retired_grid,
    "retired_in_use": _retired_in_use,
    "retired_incidents": _retired_incidents,
    "new_grid": _new_grid,
    "provisional_code": _provisional_code,
    "no_worker": _without("worker"),
    "unnamed": _without("name"),
    "limits_disagree": _limits_disagree,
}


def as_json(report: PlanReport) -> dict[str, Any]:
    """Return a report as plain values."""
    return asdict(report)

"""Text and polygon kept together, on both databases: the check, the red-lined text, the page's drawing, acceptance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from ascii_art import polygons
from drafting import EVERYTHING, begin
from hypothesis import given, settings
from hypothesis import strategies as st
from limits_office import DOCUMENT, FIRST, SENTENCES, TWO_WAYS, pave
from office import COMMUNITIES, COMMUNITY_OF, PLANE, SIZE, client_of, code, lonlat, open_office, to_lonlat

from gridmap.access import Scope
from gridmap.cli.main import run
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.services import drafts, limits_drawing, limits_redline, plan_rules
from gridmap.services.limits_agreement import check_limits
from gridmap.services.limits_redline import redline
from gridmap.storage import audit, land, plans
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from starlette.testclient import TestClient

    from gridmap.storage.database import Transaction

NAMES = st.lists(st.sampled_from(["甲路", "乙路", "丙河", "丁街", "戊巷"]), min_size=1, max_size=4, unique=True)
TEXTS = st.lists(NAMES, min_size=4, max_size=4).map(
    lambda sides: "，".join(f"{word}至{'、'.join(names)}" for word, names in zip("东南西北", sides, strict=True))
)


@pytest.fixture(scope="module")
def town(shared_office: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database.open(shared_office)
    pave(opened, tmp_path_factory.mktemp("streets"))
    yield opened
    opened.close()


def halve_a(tx: Transaction, draft: UUID) -> None:
    """Cut grid A along 小巷."""
    line = [list(lonlat(100, 350)), list(lonlat(100, 50))]
    drafts.edit(tx, EVERYTHING, draft, {"op": "cut", "grid": code("A"), "line": line})


def only(scope_of: str, tx: Transaction) -> Scope:
    """May see one community."""
    return Scope("somebody", frozenset({land.community_named(tx, EVERYTHING, code(scope_of, COMMUNITY_OF)).id}))


# --- the check --------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_told_with_side_and_metres(desk: Transaction) -> None:
    found = check_limits(desk, EVERYTHING)
    assert found.held == len(SENTENCES) + 1
    (wrong,) = found.disagreements
    assert (wrong.level, wrong.code, wrong.source_document) == ("grid", code("E"), DOCUMENT)
    assert wrong.agreement < 0.95
    assert list(wrong.sides) == ["north"]
    assert 100 < wrong.sides["north"] <= 200  # of 200 m, but for what is near the streets that cross it
    assert f"北侧有 {wrong.sides['north']:.0f} 米不在所述界线上" in wrong.message
    assert "北至「北街」不在边界上" in wrong.message
    assert shapely.Point(wrong.place).within(to_lonlat(polygons(".....EE\n.....EE\n", SIZE)["E"]))


def test_a_check_tells_no_more_than_one_may_see(desk: Transaction) -> None:
    assert check_limits(desk, only("A", desk)).disagreements == ()
    assert check_limits(desk, only("B", desk)).held == 1


def test_the_command_reports_it(
    town: Database, shared_office: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert town
    monkeypatch.setenv("GRIDMAP_DATABASE", shared_office)
    assert run(["check"]) == 0
    told = capsys.readouterr().out
    assert "5 sentences, 1 处四至与图形不符" in told
    assert "北至「北街」不在边界上" in told
    assert run(["check", "--json"]) == 0
    assert [each["code"] for each in json.loads(capsys.readouterr().out)["limits"]["disagreements"]] == [code("E")]
    assert run(["check", "--no-limits", "--json"]) == 0
    assert "limits" not in json.loads(capsys.readouterr().out)


# --- the red-lined text -----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_a_red_lined_text_holds_both_sentences(old: str, new: str) -> None:
    sides = redline(old, new)
    for text, dropped in ((old, "inserted"), (new, "deleted")):
        kept = [each.word + "、".join(span.text for span in each.spans if span.change != dropped) for each in sides]
        assert "，".join(kept) == text
    assert all(span.change == "same" for side in redline(old, old) for span in side.spans)


def test_texts_that_cannot_be_read_and_none_at_all() -> None:
    assert redline("", "") == ()
    assert [(each.word, each.spans[0].change) for each in redline("", "东至甲路")] == [("东至", "inserted")]
    told = limits_redline.told(redline("见附图", "东至甲路"))
    assert told == "[-见附图-]，东至{+甲路+}"


def test_an_edit_asks_for_other_sentences(desk: Transaction) -> None:
    draft = begin(desk)
    assert limits_redline.plan_limits(desk, EVERYTHING, draft) == []
    halve_a(desk, draft)
    old, new = limits_redline.plan_limits(desk, EVERYTHING, draft)
    texts = {old.proposed, new.proposed}
    assert texts == {"东至小巷，南至横街，西至西街，北至北街", "东至中街，南至横街，西至小巷，北至北街"}
    assert old.agreement > 0.999
    assert (old.code, old.before, old.four_limits, old.agrees) == (code("A"), SENTENCES["A"], SENTENCES["A"], False)
    assert (new.before, new.four_limits, new.agrees) == ("", "", None)
    changed = [(span.text, span.change) for side in old.sides for span in side.spans if span.change != "same"]
    assert len(changed) == 2
    assert ("小巷", "inserted") in changed

    rules = [each for each in plan_rules.check(desk, EVERYTHING, draft).findings if each.rule == "limits_disagree"]
    assert [(each.grids, each.severity, each.title) for each in rules] == [((code("A"),), "warning", "四至与图形不符")]

    drafts.edit(
        desk,
        EVERYTHING,
        draft,
        {"op": "describe", "grid": code("A"), "four_limits": old.proposed, "source_document": "街办〔2027〕1号"},
    )
    (now,) = limits_redline.plan_limits(desk, EVERYTHING, draft, [code("A")])
    assert (now.four_limits, now.source_document, now.agrees) == (old.proposed, "街办〔2027〕1号", True)
    assert not [each for each in plan_rules.check(desk, EVERYTHING, draft).findings if each.rule == "limits_disagree"]
    drafts.undo(desk, EVERYTHING, draft)
    (back,) = limits_redline.plan_limits(desk, EVERYTHING, draft, [code("A")])
    assert (back.four_limits, back.source_document) == (SENTENCES["A"], DOCUMENT)


def test_a_new_neighbour_may_be_named(desk: Transaction) -> None:
    """Where nothing else runs along a border it is the neighbour's, also one that is only cut off now."""
    draft = begin(desk)
    line = [list(lonlat(300, 350)), list(lonlat(300, 50))]
    drafts.edit(desk, EVERYTHING, draft, {"op": "cut", "grid": code("B"), "line": line})
    texts = {each.proposed for each in limits_redline.plan_limits(desk, EVERYTHING, draft)}
    assert texts == {
        "东至解放路社区第04网格，南至横街，西至中街，北至北街",
        "东至东街，南至横街，西至解放路社区第02网格，北至北街",
    }


def test_sentences_of_others_are_not_told(desk: Transaction) -> None:
    draft = begin(desk)
    halve_a(desk, draft)
    assert limits_redline.plan_limits(desk, only("B", desk), draft) == []
    with pytest.raises(NotFound):
        limits_redline.plan_limits(desk, only("B", desk), draft, [code("A")])
    assert limits_redline.changed_sentences(desk, only("B", desk), draft) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"four_limits": ""}, "four_limits"),
        ({"four_limits": 4}, "four_limits"),
        ({"four_limits": "东至甲路", "source_document": "x" * 201}, "source_document"),
        ({}, "needs `four_limits`"),
    ],
)
def test_a_sentence_that_cannot_be_taken(desk: Transaction, values: dict[str, Any], message: str) -> None:
    draft = begin(desk)
    with pytest.raises(BadInput, match=message):
        drafts.edit(desk, EVERYTHING, draft, {"op": "describe", "grid": code("A"), **values})


# --- drawing a sentence -----------------------------------------------------------------------------------------------


def metres(lines: dict[str, Any]) -> float:
    drawn = shapely.from_geojson(json.dumps(lines))
    return float(PLANE.project_geometries(shapely.get_parts([drawn]).astype(object))[0].length) if drawn else 0.0


def test_each_side_is_drawn_by_itself(desk: Transaction) -> None:
    found = limits_drawing.draw_sentence(desk, EVERYTHING, SENTENCES["A"])
    assert (found.status, found.word) == ("exact", "完全吻合")
    (part,) = found.parts
    (candidate,) = part.candidates
    assert candidate.hectares == pytest.approx(4, abs=0.01)
    assert candidate.metres == pytest.approx((200,) * 4, abs=0.5)
    assert {each["side"]: metres(each["lines"]) for each in candidate.borders} == pytest.approx(
        dict.fromkeys(("east", "south", "west", "north"), 200), abs=0.5
    )
    assert (part.features[0].word, part.features[0].name, part.features[0].how) == ("东至", "中街", "exact")


def test_a_sentence_of_two_meanings_offers_both(desk: Transaction) -> None:
    found = limits_drawing.draw_sentence(desk, EVERYTHING, TWO_WAYS)
    assert found.word == "多种可能"
    lands = sorted(each.hectares for each in found.parts[0].candidates)
    assert lands[:2] == pytest.approx([3, 6], abs=0.02)


def test_what_cannot_be_drawn_is_not_drawn(desk: Transaction) -> None:
    found = limits_drawing.draw_sentence(desk, EVERYTHING, "东至中阶，南至横街，西至西街，北至北街")
    assert (found.word, found.parts[0].candidates) == ("无法确定", ())
    assert found.parts[0].features[0].offers == ("中街",)
    assert found.parts[0].features[0].lines is None
    assert [each["message"] for each in found.parts[0].troubles] == ["东至「中阶」在地图上没有找到"]


# --- accepting one for a community ------------------------------------------------------------------------------------


def test_a_community_takes_a_sentence_over(desk: Transaction) -> None:
    second = code("B", COMMUNITY_OF)
    text = "东至环街，南至南街，西至东街，北至北街"
    done = limits_drawing.accept_for_community(desk, EVERYTHING, second, text, "街办〔2027〕2号")
    assert (done.code, done.four_limits, done.source_document) == (second, text, "街办〔2027〕2号")
    kept = land.community_named(desk, EVERYTHING, second)
    assert (kept.four_limits, kept.source_document, kept.name) == (text, "街办〔2027〕2号", "建设路社区")
    drawn = to_lonlat(polygons(COMMUNITIES, SIZE)["B"])
    assert shapely.intersection(kept.outline, drawn).area / shapely.union(kept.outline, drawn).area > 0.999
    (entry,) = [each for each in audit.entries(desk, EVERYTHING, subject_id=kept.id) if each.verb == "describe"]
    assert entry.detail["four_limits"] == text

    both = limits_drawing.draw_sentence(desk, EVERYTHING, TWO_WAYS).parts[0].candidates
    limits_drawing.accept_for_community(desk, EVERYTHING, second, TWO_WAYS, "", [1])
    chosen = PLANE.project_geometries(shapely.get_parts([land.community_named(desk, EVERYTHING, second).outline]))
    assert chosen[0].area / 1e4 == pytest.approx(both[1].hectares, abs=0.001)
    assert both[0].hectares != pytest.approx(both[1].hectares, abs=0.1)
    before = land.community_named(desk, EVERYTHING, second).outline
    limits_drawing.accept_for_community(desk, EVERYTHING, second, text, "", outline=False)
    assert land.community_named(desk, EVERYTHING, second).outline == before


def test_a_community_does_not_take_what_gives_no_polygon(desk: Transaction) -> None:
    first = code("A", COMMUNITY_OF)
    with pytest.raises(Conflict, match="没有找到"):
        limits_drawing.accept_for_community(desk, EVERYTHING, first, "东至无名路，南至横街，西至西街，北至北街", "")
    with pytest.raises(BadInput, match="candidates"):
        limits_drawing.accept_for_community(desk, EVERYTHING, first, FIRST, "", [7])
    with pytest.raises(NotFound):
        limits_drawing.accept_for_community(desk, only("B", desk), first, FIRST, "")
    assert land.community_named(desk, EVERYTHING, first).four_limits == FIRST


# --- over HTTP, and when a plan takes effect --------------------------------------------------------------------------


def test_over_http(town: Database, client: TestClient) -> None:
    assert town
    plan = client.post("/api/v1/plans", json={"name": "四至"}).json()["id"]
    line = [list(lonlat(100, 350)), list(lonlat(100, 50))]
    client.post(f"/api/v1/plans/{plan}/edits", json={"op": "cut", "grid": code("A"), "line": line})
    changed = client.get(f"/api/v1/plans/{plan}/limits").json()
    assert [each["land_changed"] for each in changed] == [True, True]
    one = client.get(f"/api/v1/plans/{plan}/limits", params={"grid": code("B")}).json()
    assert [(each["code"], each["agrees"], each["proposed"]) for each in one] == [(code("B"), True, SENTENCES["B"])]
    assert client.get(f"/api/v1/plans/{plan}/limits", params={"grid": "1"}).status_code == 404

    drawn = client.post("/api/v1/limits/drawing", json={"text": SENTENCES["B"]}).json()
    assert drawn["parts"][0]["candidates"][0]["geometry"]["type"] == "Polygon"
    assert client.post("/api/v1/limits/drawing", json={"text": "没有方向"}).status_code == 422
    listed = client.get("/api/v1/communities/limits").json()
    assert [each["four_limits"] for each in listed] == [FIRST, ""]
    first = code("A", COMMUNITY_OF)
    body = {"text": FIRST, "source_document": DOCUMENT, "outline": False}
    assert client.put(f"/api/v1/communities/{first}/limits", json=body).json()["four_limits"] == FIRST
    refused = client.put(
        f"/api/v1/communities/{first}/limits", json={"text": "东至无名路，南至横街，西至西街，北至北街"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert client.get("/limits").status_code == 200


def test_taking_effect_tells_both_sentences(
    database: Database,
    target: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    open_office(database, tmp_path)
    pave(database, tmp_path)
    sentence = "东至小巷，南至横街，西至西街，北至北街"
    with database.transaction("planner", write=True) as tx:
        draft = begin(tx)
        halve_a(tx, draft)
        drafts.edit(tx, EVERYTHING, draft, {"op": "describe", "grid": code("A"), "four_limits": sentence})
    monkeypatch.setenv("GRIDMAP_DATABASE", target)
    assert run(["plan", "activate", str(draft)]) == 0
    told = capsys.readouterr().out
    assert f"{SENTENCES['A']}\n  -> {sentence}" in told
    assert "东至[-中街-]、{+小巷+}，南至横街" in told
    with client_of(target) as client:
        back = client.post(f"/api/v1/plans/{_based_on(database, draft)}/restoration", json={}).json()
        done = client.post(f"/api/v1/plans/{back['id']}/activation", json={}).json()
    assert [(each["before"], each["after"]) for each in done["limits"]] == [(sentence, SENTENCES["A"])]


def _based_on(database: Database, plan: UUID) -> str:
    with database.transaction("planner") as tx:
        return str(plans.plan_named(tx, EVERYTHING, plan).based_on)

"""四至 over HTTP and on the command line: the same answers, errors by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from office import GRIDS, SIZE, polygons, to_lonlat

from gridmap.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

TEXT = "东至丙路，南至己街，西至乙路，北至庚街"


def geometry(shape: shapely.Geometry) -> dict[str, Any]:
    return dict(json.loads(shapely.to_geojson(shape)))


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    """Four streets round one block of 100 m."""
    path = tmp_path / "roads.geojson"
    streets = {
        "丙路": [(200, 50), (200, 250)],
        "乙路": [(100, 50), (100, 250)],
        "己街": [(50, 100), (250, 100)],
        "['庚街', '庚街辅路']": [(50, 200), (250, 200)],
    }
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": geometry(to_lonlat(shapely.LineString(points)))}
        for name, points in streets.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
    return path


def test_parse_over_http(client: TestClient) -> None:
    answer = client.post("/api/v1/limits/parse", json={"text": "东至甲路、乙河"}).json()
    assert [each["name"] for each in answer["parts"][0]["limits"][0]["mentions"]] == ["甲路", "乙河"]
    assert answer["parts"][0]["missing"] == ["south", "west", "north"]
    refused = client.post("/api/v1/limits/parse", json={"text": "没有方向"})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_input")


def test_a_grid_comes_back_from_the_sentence_that_http_writes(client: TestClient) -> None:
    shape = to_lonlat(polygons(GRIDS, SIZE)["D"])
    said = client.post("/api/v1/limits/describe", json={"geometry": geometry(shape)})
    assert said.status_code == 200, said.text
    assert said.json()["agreement"] > 0.95
    held = client.post("/api/v1/limits/compare", json={"text": said.json()["text"], "geometry": geometry(shape)})
    assert held.json()["agreement"] > 0.95
    solved = client.post("/api/v1/limits/solve", json={"text": said.json()["text"]}).json()
    assert solved["parts"][0]["geometry"]["type"] in {"Polygon", "MultiPolygon"}


def test_a_line_is_no_polygon(client: TestClient) -> None:
    line = geometry(shapely.LineString([(113, 23), (114, 23)]))
    refused = client.post("/api/v1/limits/describe", json={"geometry": line})
    assert (refused.status_code, refused.json()["code"]) == (422, "geometry_refused")


def refusal(client: TestClient, shape: dict[str, Any]) -> str:
    """What describe and compare both answer."""
    said = []
    for route, more in (("describe", {}), ("compare", {"text": TEXT})):
        answer = client.post(f"/api/v1/limits/{route}", json={"geometry": shape, **more})
        assert (answer.status_code, answer.json()["code"]) == (422, "geometry_refused"), answer.text
        said.append(answer.json()["detail"])
    assert said[0] == said[1]
    return str(said[0])


def test_land_that_no_office_has_is_refused(client: TestClient) -> None:
    degrees = {"type": "Polygon", "coordinates": [[[113, 22], [114, 22], [114, 23], [113, 22]]]}
    assert "at most 200 km" in refusal(client, degrees)
    turns = np.linspace(0, 2 * np.pi, 20_001)[:-1]
    fine = shapely.Polygon(np.column_stack((113 + 1e-3 * np.cos(turns), 23 + 1e-3 * np.sin(turns))))
    assert "20,001 points" in refusal(client, geometry(fine))


def test_what_is_no_polygon_is_called_by_its_name(client: TestClient) -> None:
    assert "a Point" in refusal(client, {"type": "Point", "coordinates": [113, 23]})
    assert "empty" in refusal(client, {"type": "Polygon", "coordinates": []})
    bowtie = {"type": "Polygon", "coordinates": [[[113, 23], [113.01, 23.01], [113.01, 23], [113, 23.01], [113, 23]]]}
    assert "cross itself" in refusal(client, bowtie)


def test_solve_and_describe_on_the_command_line(
    roads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = tmp_path / "drawn.geojson"
    assert run(["limits", "solve", TEXT, "--features", str(roads), "-o", str(drawn), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "exact"
    assert abs(answer["parts"][0]["hectares"] - 1.0) < 0.01
    assert run(["limits", "describe", str(drawn), "--features", str(roads)]) == 0
    assert "IoU 1.000" in capsys.readouterr().out


def test_a_file_of_sentences_and_one_that_does_not_fit(
    roads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text(
        json.dumps({"text": TEXT}, ensure_ascii=False) + "\n" + TEXT.replace("丙路", "丙道") + "\n没有方向\n"
    )
    assert run(["limits", "parse", str(texts), "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)) == 3
    assert run(["limits", "solve", str(texts), "--features", str(roads)]) == 1
    told = capsys.readouterr().out
    assert "perhaps 丙路" in told
    assert "not_found east 丙道" in told
    assert "no side was found" in told

"""A base map is there only when somebody has set it, and only from the hosts that were named."""

from __future__ import annotations

import pytest
from office import client_of

from api.app import create_app
from gridmap.config import Settings, read_settings
from gridmap.errors import SetupMissing
from maps.base_maps import base_map

CREDIT = "天地图 GS（2024）0568号"
OWN = "http://10.1.2.3:8080/tile?x={x}&y={y}&z={z}"


def test_without_a_setting_there_is_none() -> None:
    assert base_map(read_settings({})) is None


@pytest.mark.parametrize("name", ["w", "c"])
def test_tianditu_needs_a_key_and_says_whose_it_is(name: str) -> None:
    settings = Settings(base_map=f"tianditu_{name}", base_map_key="a1b2", base_map_attribution=CREDIT)
    found = base_map(settings)
    assert found is not None
    assert found.hosts == ("https://t0.tianditu.gov.cn",)
    assert [f"TILEMATRIXSET={name}" in url and url.endswith("tk=a1b2") for url in found.urls] == [True, True]
    assert found.document(113.3, 23.1)["credit"] == CREDIT


def test_tiles_in_gcj02_are_shifted_where_the_shift_is() -> None:
    found = base_map(Settings(base_map="gcj02", base_map_url=OWN, base_map_attribution="本市"))
    assert found is not None
    assert found.document(113.3, 23.1)["kind"] == "gcj02"
    assert found.document(2.3, 48.9)["kind"] == "w"
    assert found.hosts == ("http://10.1.2.3:8080",)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"base_map": "osm"}, "use one of"),
        ({"base_map": "gcj02"}, "BASE_MAP_URL"),
        ({"base_map": "gcj02", "base_map_url": OWN, "base_map_attribution": ""}, "ATTRIBUTION"),
        ({"base_map": "tianditu_w"}, "KEY"),
        ({"base_map": "tianditu_w", "base_map_key": "a;b"}, "KEY"),
        ({"base_map": "gcj02", "base_map_url": "http://a.example/{z}/{x}"}, "{y}"),
        ({"base_map": "gcj02", "base_map_url": "file:///{z}/{x}/{y}"}, "no address"),
        ({"base_map": "gcj02", "base_map_url": "http://a.example;script-src/{z}/{x}/{y}"}, "no address"),
        ({"base_map": "gcj02", "base_map_url": "http://*/{z}/{x}/{y}"}, "no address"),
    ],
)
def test_what_makes_no_base_map_is_refused_before_the_server_starts(values: dict[str, str], said: str) -> None:
    with pytest.raises(SetupMissing, match=said):
        create_app(Settings(**{"base_map_attribution": CREDIT, **values}))


def test_the_policy_opens_to_that_host_alone(shared_office: str) -> None:
    with client_of(shared_office) as client:
        assert "img-src data:;" in client.get("/map").headers["Content-Security-Policy"]
        client.app.state.backdrop = base_map(
            Settings(base_map="gcj02", base_map_url=OWN, base_map_attribution="<b>本市</b>")
        )
        client.app.state.live.key = None
        answer = client.get("/map")
        assert "img-src data: http://10.1.2.3:8080;" in answer.headers["Content-Security-Policy"]
        assert "<b>本市" not in answer.text
        assert "img-src data:;" in client.get("/").headers["Content-Security-Policy"]

"""Online geocoders: off by default, told to the audit before anything leaves, converted once, refused outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from click.testing import CliRunner
from office import lonlat

from gridmap.access import Scope
from gridmap.address_runner import ask_online
from gridmap.cli.main import cli
from gridmap.config import Settings, read_settings
from gridmap.datum import from_lonlat, parse_crs
from gridmap.errors import BadInput, CoordinatesRefused, SetupMissing
from gridmap.services.online_geocoding import Tianditu, provider_of
from gridmap.storage import audit

if TYPE_CHECKING:
    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
KEY = "0123456789abcdef"


def recorded(lon: object, lat: object, status: str = "0") -> bytes:
    """An answer in the documented form: longitude and latitude come as text."""
    place = {"score": 100, "level": "门址", "lon": str(lon), "lat": str(lat), "keyWord": "解放路12号"}
    said = {"msg": "ok", "location": place, "searchVersion": "6.4.9V", "status": status}
    return json.dumps(said, ensure_ascii=False).encode()


@dataclass
class Line:
    """Stands for the network: keeps what was asked, and sees what the audit said at that moment."""

    database: Database
    content: bytes
    asked: str = ""
    audited: str = ""

    def __call__(self, url: str) -> bytes:
        query = parse_qs(urlsplit(url).query)
        self.asked = json.loads(query["ds"][0])["keyWord"]
        with self.database.transaction("tester") as tx:
            self.audited = audit.entries(tx, EVERYTHING, limit=1)[0].verb
        return self.content


def test_an_answer_is_taken_once_and_told_to_the_audit_before_it_leaves(address_office: Database) -> None:
    lon, lat = lonlat(170, 140)
    line = Line(address_office, recorded(lon, lat))
    found = ask_online(
        address_office, Tianditu(KEY), "解放路12号阳光花园3栋2单元501，王先生收13812345678", "tester", line
    )
    assert found is not None
    assert (found.lon, found.lat) == (lon, lat)  # CGCS2000 already
    assert line.audited == "disclose"
    assert line.asked.startswith("解放路12号阳光花园3栋")
    for private in ("王", "138", "501", "单元"):
        assert private not in line.asked
    with address_office.transaction("tester") as tx:
        entry = audit.entries(tx, EVERYTHING, limit=1)[0]
    assert entry.detail == {"provider": "tianditu", "asked": line.asked}
    assert KEY not in str(entry)


def test_another_datum_is_converted_exactly_once(address_office: Database) -> None:
    here = lonlat(170, 140)
    shifted = from_lonlat(np.array([here]), parse_crs("gcj02"))[0].tolist()
    provider = Tianditu(KEY, name="shifted", crs="gcj02")
    found = ask_online(address_office, provider, "解放路12号", "tester", Line(address_office, recorded(*shifted)))
    assert found is not None
    assert (found.lon, found.lat) == pytest.approx(here, abs=1e-8)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (recorded(*lonlat(5000, 100)), CoordinatesRefused),  # another sub-district
        (recorded(23.1, 113.3), CoordinatesRefused),  # swapped
        (recorded("", ""), BadInput),
        (recorded(113.3, 23.1, status="404"), BadInput),
        (b"<html>", BadInput),
        (b"[]", BadInput),
        (b'{"status":"0","location":null}', BadInput),
    ],
)
def test_what_cannot_be_right_is_refused(address_office: Database, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask_online(address_office, Tianditu(KEY), "解放路12号", "tester", Line(address_office, content))


def test_no_such_place_is_no_error_and_nothing_to_ask_is_one(address_office: Database) -> None:
    line = Line(address_office, b'{"msg":"empty","status":"101"}')
    assert ask_online(address_office, Tianditu(KEY), "解放路12号", "tester", line) is None
    with pytest.raises(BadInput):
        ask_online(address_office, Tianditu(KEY), "13812345678", "tester", line)


def test_it_is_off_unless_a_key_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupMissing):
        provider_of(Settings())
    assert provider_of(read_settings({"GRIDMAP_TIANDITU_KEY": KEY})) == Tianditu(KEY)
    monkeypatch.delenv("GRIDMAP_TIANDITU_KEY", raising=False)
    assert "setup_missing" in str(CliRunner().invoke(cli, ["address", "online", "解放路"]).exception.__class__.code)


PROBES: dict[str, str] = {
    "connect": "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
    "send": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "resolve": "import socket; socket.getaddrinfo('example.invalid', 80)",
    "urlopen": "from gridmap.address_runner import fetched; fetched('http://127.0.0.1:9/')",
}


@pytest.mark.parametrize("probe", sorted(PROBES))
def test_offline_makes_any_socket_an_error(probe: str) -> None:
    code = (
        "from gridmap.cli.main import cli\nfrom gridmap.errors import Forbidden\nimport contextlib\n"
        "with contextlib.suppress(SystemExit): cli.main(['stats', '--help'], standalone_mode=False)\n"
        "cli.callback()\n"
        f"try:\n    {PROBES[probe].replace('; ', chr(10) + '    ')}\n"
        "except Forbidden as error:\n    print('refused', error)\n"
        "except OSError as error:\n    print('went out', error)\n"
    )

    def run(offline: str) -> str:
        environment = {**os.environ, "GRIDMAP_OFFLINE": offline}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    assert "refused" in run("1")
    if probe == "connect":
        assert "went out" in run("")

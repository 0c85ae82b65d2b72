"""The server and the demonstration as commands."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from command_line import assert_refused

from gridmap.cli.serving import listening

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Done


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_small_answers_do_not_wait_for_acknowledgements() -> None:
    """40 ms for each on a connection that is kept, otherwise."""

    async def undelayed() -> int:
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            told.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listening(0) as own:
            async with await asyncio.start_server(answer, sock=own):
                _, writer = await asyncio.open_connection(*own.getsockname())
                found = await told
                writer.close()
                await writer.wait_closed()
        return found

    with ThreadPoolExecutor(1) as apart:  # a browser of another test may have a loop in this thread
        assert apart.submit(asyncio.run, undelayed()).result()


@pytest.mark.parametrize("shared_office", ["spatialite"], indirect=True)
def test_the_server_answers_this_machine_and_ends_when_it_is_told(shared_office: str) -> None:
    port = free_port()
    words = [sys.executable, "-m", "gridmap.cli.main", "serve", "--port", str(port)]
    environment = os.environ | {"GRIDMAP_DATABASE": shared_office}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert f"http://127.0.0.1:{port}" in server.stdout.readline()
            health = answered(f"http://127.0.0.1:{port}/healthz")
            assert json.loads(health)["status"] == "ok"
            second = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=30)
            assert (second.returncode, second.stdout) == (2, "")
            assert second.stderr.startswith(f"conflict: port {port} ")
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(timeout=15) == 0
        assert server.stderr is not None
        assert server.stderr.read() == ""


def answered(url: str) -> str:
    """Ask until the server listens."""
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- our own server
                return str(answer.read().decode("utf-8"))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_the_demonstration_tells_the_truth_about_its_database(command: Callable[..., Done], tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = command("demo", "--dir", folder, "--size", "small", "--json", database="elsewhere.db")
    assert done.code == 0, done.err
    told = done.json
    counted = command("stats", "--json", database=str(folder / "gridmap.db")).json
    assert {name: told[name] for name in counted} == counted
    assert told["is_coverage"] is True
    assert min(told["recovered"].values()) >= 0.97
    assert set(told["recovered"]) == set(counted["unassigned"])
    assert command("check").code == 0
    assert (folder / "overview.html").stat().st_size > 100_000
    assert not (tmp_path / "elsewhere.db").exists()
    before = (folder / "gridmap.db").read_bytes()
    assert_refused(command("demo", "--dir", folder, "--size", "small"), "conflict", "--force")
    assert (folder / "gridmap.db").read_bytes() == before

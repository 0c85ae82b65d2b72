"""The real application on a port of its own, in a thread of the test."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any, Self

import uvicorn

from api.app import create_app
from gridmap.config import Settings


class Server(uvicorn.Server):
    """A server of a database while the `with` lasts; further settings by their names."""

    def __init__(self, database: str, **more: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        app = create_app(Settings(database=database, **more))
        super().__init__(uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error", ws="none"))
        self.thread = threading.Thread(target=self.run)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.thread.start()
        while not self.started:
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self.thread.join()

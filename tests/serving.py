"""The real application on a port of its own, in a thread of the test."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any, Self

import uvicorn

from api.app import create_app
from gridmap.config import Settings

_LONGEST_START = 60.0  # seconds, on a busy machine


class Server(uvicorn.Server):
    """A server of a database while the `with` lasts; further settings by their names."""

    def __init__(self, database: str, **more: Any) -> None:
        app = create_app(Settings(database=database, **more))
        super().__init__(uvicorn.Config(app, log_level="error", ws="none"))
        # Kept, so that nobody else gets the port; TCP by name, as `gridmap serve` has it.
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        self.thread = threading.Thread(target=self.run, kwargs={"sockets": [self.socket]})

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.thread.start()
        latest = time.monotonic() + _LONGEST_START
        while not self.started:
            if not self.thread.is_alive() or time.monotonic() > latest:
                self.__exit__()
                raise RuntimeError(f"the server on port {self.port} did not start")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self.thread.join()
        self.socket.close()

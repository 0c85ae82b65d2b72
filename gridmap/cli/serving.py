"""`gridmap serve`: the live map and the API, on this machine."""

from __future__ import annotations

import socket
from contextlib import suppress

import click
import uvicorn

from api.app import create_app
from gridmap.config import read_settings
from gridmap.errors import Conflict, Forbidden


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Only 127.0.0.1 until accounts exist.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
def command(host: str, port: int) -> None:
    """Serve the live map at / and the API at /api/v1.

    There are no accounts yet, so the server answers this machine only.

    \b
    Examples:
      gridmap serve
      gridmap serve --port 8080
    """
    if host not in {"127.0.0.1", "localhost"}:
        raise Forbidden(
            f"there are no accounts yet: whoever reaches {host} would see every household; "
            "serve on 127.0.0.1 and reach it from elsewhere through an SSH tunnel",
            host=host,
        )
    server = uvicorn.Server(uvicorn.Config(create_app(read_settings()), log_level="warning"))
    with _listening(port) as listening:
        click.echo(f"serving http://127.0.0.1:{port} (this machine only, there are no accounts yet); Ctrl+C ends it")
        with suppress(KeyboardInterrupt):  # uvicorn passes it on after it has ended in good order
            server.run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    """Take the port before saying that it is served."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise Conflict(f"port {port} cannot be used ({error.strerror}): name another with --port", port=port) from error
    return listening

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
    with listening(port) as own:
        click.echo(f"serving http://127.0.0.1:{port} (this machine only, there are no accounts yet); Ctrl+C ends it")
        with suppress(KeyboardInterrupt):  # uvicorn passes it on after it has ended in good order
            server.run(sockets=[own])


def listening(port: int) -> socket.socket:
    """Take a port of this machine before saying that it is served; 0 takes any.

    Raises
    ------
    Conflict
        Something else has it.
    """
    # TCP by name: of a socket that only says "stream" asyncio leaves small answers waiting 40 ms for acknowledgements
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        own.bind(("127.0.0.1", port))
    except OSError as error:
        own.close()
        raise Conflict(f"port {port} cannot be used ({error.strerror}): name another with --port", port=port) from error
    return own

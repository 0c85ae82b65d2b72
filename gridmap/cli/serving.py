"""`gridmap serve`: the live map and the API, on this machine."""

from __future__ import annotations

import click
import uvicorn

from api.app import create_app
from gridmap.config import read_settings
from gridmap.errors import Forbidden


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
    app = create_app(read_settings())
    click.echo(f"serving http://127.0.0.1:{port} (this machine only, there are no accounts yet); Ctrl+C ends it")
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")

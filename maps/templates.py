"""The furniture of pages: HTML of `data/assets` as templates, where every value is escaped."""

from __future__ import annotations

from functools import cache

import jinja2

from maps import assets

_environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)


@cache
def template(name: str) -> jinja2.Template:
    """Return a template, such as "live.html".

    Raises
    ------
    SetupMissing
        The file is not there.
    """
    return _environment.from_string(assets.text(name))

"""`GRIDMAP_OFFLINE=1`: this process talks to nobody. What tries to is an error, wherever it stands in the code."""

from __future__ import annotations

import sys

from gridmap.errors import Forbidden

_OUTGOING = frozenset(("socket.connect", "socket.sendto", "socket.sendmsg"))
_RESOLVING = frozenset(("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"))
_SELF = frozenset((None, "", "localhost", "127.0.0.1", "::1"))  # where a server binds


def forbid_sockets() -> None:
    """Make every outgoing socket of this process an error, for good; waiting for callers stays possible.

    The interpreter asks before it connects, sends or looks a name up (PEP 578), so that no library gets round it but
    one that brings its own network code: the client of PostgreSQL.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, values: tuple[object, ...]) -> None:
    if event in _OUTGOING or (event in _RESOLVING and values[0] not in _SELF):
        raise Forbidden("GRIDMAP_OFFLINE=1 forbids every request to the outside: unset it to use online services")

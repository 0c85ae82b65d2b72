"""Pulls the plug of a process at a moment that a test chooses; for programs that a test starts and kills.

They run outside pytest: `sys.path` gets this folder first.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = str(Path(__file__).parent)


def after(function: Callable[..., Any], calls: int = 1) -> Callable[..., Any]:
    """Wrap a function: the process is killed when so many calls of it have returned."""
    left = calls

    def wrapped(*words: Any, **names: Any) -> Any:
        nonlocal left
        result = function(*words, **names)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped

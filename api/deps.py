"""What a request needs: its transaction and its scope.

`scope="function"` makes FastAPI commit before the answer is sent; by default it would commit after, and a commit
that fails would still have answered 201.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from pydantic import AfterValidator

from gridmap.access import Scope
from gridmap.storage.database import Database, Transaction

if TYPE_CHECKING:
    from collections.abc import Iterator


def database(request: Request) -> Database:
    """Give the database that the application was made for."""
    found = request.app.state.database
    assert isinstance(found, Database)  # noqa: S101 -- create_app puts it there
    return found


def current_scope() -> Scope:
    """Give what the caller may see. Until accounts exist the server binds to 127.0.0.1 and sees everything."""
    return Scope.everything("local")


def read_transaction(opened: Annotated[Database, Depends(database)]) -> Iterator[Transaction]:
    """One snapshot for the whole request."""
    with opened.transaction("local") as tx:
        yield tx


def write_transaction(opened: Annotated[Database, Depends(database)]) -> Iterator[Transaction]:
    """One transaction for the whole request, committed before the answer is sent."""
    with opened.transaction("local", write=True) as tx:
        yield tx


def _storable(text: str) -> str:
    if "\0" in text:  # SQLite would take it, PostgreSQL does not
        raise ValueError("must not contain the character NUL")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # JSON can write half of a character, UTF-8 cannot
        raise ValueError("must not contain a surrogate: half of a character is no text") from None
    return text


Text = Annotated[str, AfterValidator(_storable)]
CurrentScope = Annotated[Scope, Depends(current_scope)]
ReadTx = Annotated[Transaction, Depends(read_transaction, scope="function")]
WriteTx = Annotated[Transaction, Depends(write_transaction, scope="function")]

"""One connection to a project file: statements and transactions that speak plain errors."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reid_core.store.failures import StoreError, plain_errors, read_only

BUSY_TIMEOUT_S = 5.0


class Database:
    """A connection to one project file, used from one thread.

    Attributes:
        path: The file.
        sidecar: Its folder.
        read_only: Whether nothing can be written.
    """

    def __init__(self, path: Path, sidecar: Path, *, read_only: bool = False) -> None:
        self.path, self.sidecar, self.read_only = path, sidecar, read_only
        self._depth = 0
        # Where no log can be made nobody else can write either, so that the file may be taken as immutable.
        uri = path.absolute().as_uri() + ("?mode=ro&immutable=1" if read_only else "?mode=rw")
        with plain_errors(path):
            self._connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            try:
                self._connection.execute("PRAGMA foreign_keys = ON")
                self._connection.execute(
                    "PRAGMA recursive_triggers = ON"
                )  # REPLACE meets the delete triggers
                self._connection.execute("PRAGMA trusted_schema = OFF")
                self._connection.execute("PRAGMA synchronous = FULL")
                self._connection.execute("PRAGMA cache_size = -16000")
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with plain_errors(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with plain_errors(self.path):
            found: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None when there is no row."""
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Execute one statement inside `transaction`; the number of changed rows."""
        with plain_errors(self.path):
            return self._connection.execute(sql, parameters).rowcount

    def run_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each row of parameters, inside `transaction`."""
        with plain_errors(self.path):
            self._connection.executemany(sql, parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that happens inside together, or nothing of it; may be nested (the outermost counts)."""
        if self._depth:
            yield
            return
        if self.read_only:
            raise read_only(self.path)
        with plain_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            with plain_errors(self.path):
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite may have rolled back by itself (disk full)
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that is read inside is of one moment, whatever others commit; nothing can be written inside."""
        with plain_errors(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with plain_errors(self.path):
                self._connection.execute("COMMIT")

    def is_being_written(self) -> bool:
        """Whether another connection is in the middle of a write just now."""
        if self.read_only:
            return False
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {round(BUSY_TIMEOUT_S * 1000)}")
        return False

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._depth > 0

    def use_log(self) -> None:
        """Switch a new file to write-ahead logging, which stays in the file."""
        if self.value("PRAGMA journal_mode = WAL") != "wal":
            raise StoreError(
                f"The file system under {self.path} cannot share a database between programs (a network "
                f"folder?). Put the project on a local disk."
            )

    def back_up(self, target: Path) -> None:
        """Copy the database, as it stands and while others use it, to a new file."""
        part = target.with_name(target.name + ".part")
        with plain_errors(self.path):
            part.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            copy = sqlite3.connect(part)
            try:
                self._connection.backup(copy)
            finally:
                copy.close()
            part.replace(target)


def writable(path: Path) -> bool:
    """Whether this user may write a file or folder."""
    return os.access(path, os.W_OK)

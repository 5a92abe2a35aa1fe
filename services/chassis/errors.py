"""What can go wrong in the mechanics themselves.

StorageFailure       the database did not do it; never its own words, which print the values
├── StorageBusy      a lock or a statement took too long, or two transactions met: try again
└── StorageDown      no connection
AlreadyHandled       this message had its effect before: there is nothing left to do
Unreadable           a message that no attempt will make readable
"""


class StorageFailure(Exception):
    """The database did not do it. `code` is the SQLSTATE or a name of ours; `constraint` whose rule."""

    def __init__(self, code: str, constraint: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.constraint = constraint


class StorageBusy(StorageFailure):
    """A lock or a statement took too long, or two transactions met: trying again may succeed."""


class StorageDown(StorageFailure):
    """No connection to the database."""


class AlreadyHandled(Exception):
    """This message had its effect before."""


class Unreadable(Exception):
    """A message that no attempt will make readable; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

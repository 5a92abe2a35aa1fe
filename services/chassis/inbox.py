"""Remembers which messages had their effect, in the transaction of the effect: once, and only once."""

from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid, func, text
from sqlalchemy.orm import Session

from services.chassis.errors import AlreadyHandled

# A twin that is being handled at this moment makes this wait until the first one commits or fails.
_REMEMBER = text(
    "INSERT INTO inbox (message_id, listener) VALUES (:message_id, :listener) ON CONFLICT DO NOTHING"
)


def define_inbox(metadata: MetaData) -> Table:
    """The table of the messages that had their effect."""
    return Table(
        "inbox",
        metadata,
        Column("message_id", Uuid, primary_key=True),
        Column("listener", Text, primary_key=True),
        Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    )


def remember(session: Session, message_id: str, listener: str) -> None:
    """Note that this listener handles this message now; `AlreadyHandled` if it did before."""
    if not session.execute(_REMEMBER, {"message_id": message_id, "listener": listener}).rowcount:  # type: ignore[attr-defined]  # DML gives a CursorResult
        raise AlreadyHandled

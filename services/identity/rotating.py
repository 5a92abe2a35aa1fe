"""Puts what is kept under the keys of today, batch by batch, while the service goes on.

    AGORA_IDENTITY_KEYS         k2:…,k1:…    the first seals, all open: `reseal`, then k1 may go
    AGORA_IDENTITY_BLIND_KEY    new          marks and finds
    AGORA_IDENTITY_BLIND_BEFORE old          finds too: `remark`, then it may go

Interrupted, it begins again and finds less to do.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import structlog
from sqlalchemy import Engine

from services.chassis import database
from services.identity import schemas
from services.identity.domain.blocking import keys_of
from services.identity.domain.model import Model
from services.identity.domain.records import Record
from services.identity.linking import IdentityKeys
from services.identity.storage import keeping, records
from services.identity.storage.keeping import Marks, Remarked

log = structlog.get_logger(__name__)

BATCH = 500


def rotate(engine: Engine, keys: IdentityKeys, models: Sequence[Model]) -> dict[str, int]:
    """Reseal and remark everything that is not under the keys of today; returns how many rows of each kind.
    `models` are those that records may be keyed by, the one in force first.

    Raises `KeyError` for what a blind key marks, or a model keyed, that the settings do not name, and
    `SealBroken` likewise.
    """
    done: dict[str, int] = defaultdict(int)
    for kept in keeping.SEALED:
        while changed := _reseal(engine, keys, kept):
            done[kept.table] += changed
    while changed := _remark(engine, keys, models):
        done["marks"] += changed
    log.info("keys_rotated", **done)
    return dict(done)


def _reseal(engine: Engine, keys: IdentityKeys, kept: keeping.Sealed) -> int:
    with database.transaction(engine) as session:
        old = keeping.sealed_otherwise(session, kept, keys.own.current, BATCH)
        fresh = {id_: keys.own.seal(keys.own.open(sealed, purpose), purpose) for id_, sealed, purpose in old}
        keeping.seal_again(session, kept, fresh)
        return len(fresh)


def _remark(engine: Engine, keys: IdentityKeys, models: Sequence[Model]) -> int:
    with database.transaction(engine) as session:
        records.hold(session)  # nobody takes in records meanwhile: a batch is a fraction of a second
        blind_named = {schemas.name_of_key(blind): blind for blind in keys.blinds}
        # One that says nothing was keyed by the model before, if there is any.
        model_named = {model.version: model for model in models} | {"": models[-1]}
        today = schemas.name_of_key(keys.blind)
        marked_with = keeping.marked_otherwise(session, today, BATCH)
        told = keeping.contents_of(session, keys.own, list(marked_with))
        batch = []
        standing = records.standing(session, marked_with)
        for record_id, packed in records.load(session, keys.own, marked_with).items():
            record, model = schemas.unpack(packed), model_named[standing[record_id].keyed_with]
            before = _marks(record, told[record_id], blind_named[marked_with[record_id]], model)
            after = _marks(record, told[record_id], keys.blind, model)
            sealed = keys.own.seal(packed, records.purpose_of(after.mark))
            batch.append(Remarked(record_id, sealed, before, after))
        keeping.remark(session, batch, today)
        return len(batch)


def _marks(record: Record, told: Iterable[bytes], blind: bytes, model: Model) -> Marks:
    return Marks(
        mark=schemas.mark_of(record, blind),
        keys=schemas.hashed_keys(keys_of(record, model), blind),
        sketch=schemas.sketch_of(record, blind),
        # What the record believed of its lines when they came, whatever their sources are by now.
        contents=[
            schemas.mark_of_content(schemas.believed_of(each, record.is_certified), blind) for each in told
        ],
    )

"""Relations of organisations to persons and dossiers, a whole chunk of persons at a time."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.access.domain.parcours import Parcours, Relation

# In the order of the persons: two chunks that share some wait for each other, and never both ways.
_ADVANCE = text(
    """
    INSERT INTO parcours_version (person_id, version)
    SELECT person_id, version
    FROM unnest(CAST(:person_ids AS uuid[]), CAST(:versions AS bigint[])) AS told(person_id, version)
    ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET version = excluded.version
    WHERE parcours_version.version < excluded.version
    RETURNING person_id
    """
)
_TOLD = """
    unnest(
        CAST(:person_ids AS uuid[]), CAST(:sirets AS text[]), CAST(:roles AS text[]),
        CAST(:dossier_ids AS uuid[])
    ) AS told(person_id, siret, role, dossier_id)
"""
# Most changes of a dossier change nobody's relation to it: what stays is not written again.
_REMOVE = text(
    f"""
    DELETE FROM parcours_relation AS known
    WHERE person_id = ANY(CAST(:advanced AS uuid[])) AND NOT EXISTS (
        SELECT FROM {_TOLD}
        WHERE told.person_id = known.person_id AND told.siret = known.siret AND told.role = known.role
          AND told.dossier_id IS NOT DISTINCT FROM known.dossier_id
    )
    """
)
_ADD = text(
    f"""
    INSERT INTO parcours_relation (person_id, siret, role, dossier_id)
    SELECT * FROM {_TOLD}
    ON CONFLICT DO NOTHING
    """
)
_OF_READER = text(
    "SELECT role, dossier_id FROM parcours_relation WHERE person_id = :person_id AND siret = :siret"
)
_TO_PERSONS = text(
    """
    SELECT person_id, role, dossier_id FROM parcours_relation
    WHERE person_id = ANY(CAST(:person_ids AS uuid[])) AND siret = :siret
    """
)


_OF_READERS = text(
    """
    SELECT person_id, siret, role, dossier_id
    FROM unnest(CAST(:person_ids AS uuid[]), CAST(:sirets AS text[])) AS asked(person_id, siret)
    JOIN parcours_relation USING (person_id, siret)
    """
)
_VERSIONS = text(
    "SELECT person_id, version FROM parcours_version WHERE person_id = ANY(CAST(:person_ids AS uuid[]))"
)


def replace(session: Session, told: Sequence[Parcours]) -> None:
    """Replace the relations of these persons, each told once; an older version changes nothing."""
    advanced = {
        row.person_id
        for row in session.execute(
            _ADVANCE,
            {"person_ids": [one.person_id for one in told], "versions": [one.version for one in told]},
        )
    }
    if not advanced:
        return
    rows = [(one.person_id, *each) for one in told if one.person_id in advanced for each in one.relations]
    relations = {
        "person_ids": [row[0] for row in rows],
        "sirets": [row[1] for row in rows],
        "roles": [row[2] for row in rows],
        "dossier_ids": [row[3] for row in rows],
    }
    session.execute(_REMOVE, {"advanced": list(advanced), **relations})
    session.execute(_ADD, relations)


def of_reader(session: Session, person_id: UUID, siret: str) -> list[Relation]:
    """What this organisation is to this person and to the person's dossiers."""
    rows = session.execute(_OF_READER, {"person_id": person_id, "siret": siret})
    return [Relation(siret, row.role, row.dossier_id) for row in rows]


def to_persons(session: Session, person_ids: Sequence[UUID], siret: str) -> dict[UUID, list[Relation]]:
    """What this organisation is to each of these persons, where it is anything."""
    found: dict[UUID, list[Relation]] = {}
    for row in session.execute(_TO_PERSONS, {"person_ids": list(person_ids), "siret": siret}):
        found.setdefault(row.person_id, []).append(Relation(siret, row.role, row.dossier_id))
    return found


def of_readers(session: Session, asked: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], list[Relation]]:
    """What organisations are to persons, for pairs of both, where they are anything."""
    pairs = sorted(set(asked))
    columns = {"person_ids": [one for one, _ in pairs], "sirets": [siret for _, siret in pairs]}
    found: dict[tuple[UUID, str], list[Relation]] = {}
    for row in session.execute(_OF_READERS, columns):
        relation = Relation(row.siret, row.role, row.dossier_id)
        found.setdefault((row.person_id, row.siret), []).append(relation)
    return found


def versions(session: Session, person_ids: Iterable[UUID]) -> dict[UUID, int]:
    """As of which version of the parcours the relations to each of these persons are known."""
    rows = session.execute(_VERSIONS, {"person_ids": sorted(person_ids)})
    return {row.person_id: row.version for row in rows}

"""Wire ↔ domain: a line as a partner wrote it becomes a declaration, or findings; and back to a receipt."""

import base64
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from marshmallow import ValidationError

from services.chassis.sealing import Keyring
from services.chassis.wire import Ambiguous, flatten
from services.contracts.declaration import NATURES
from services.contracts.dossier.codes import ANOMALIES
from services.ingestion.domain import rules
from services.ingestion.domain.findings import Finding, Noticed
from services.ingestion.domain.lines import Declaration, Line, Standing, declaration_id_of, lot_id_of

TRAITS = b"traits"  # what the traits are sealed for: identity opens them with the same word
MAX_FINDINGS = 20


def read_lines(
    siret: str, lot_id: uuid.UUID, raws: Sequence[Any], natures: Sequence[str], now: datetime
) -> list[Line]:
    """Every line of a lot, understood or refused, in order."""
    return [
        read_line(siret, declaration_id_of(lot_id, ligne), ligne, raw, natures, now)
        for ligne, raw in enumerate(raws, start=1)
    ]


def read_line(
    siret: str, declaration_id: uuid.UUID, ligne: int, raw: Any, natures: Sequence[str], now: datetime
) -> Line:
    """One line: all its findings at once, refused if one of them is a `rejet`."""
    read = _read(siret, raw, natures)
    if not isinstance(read, Declaration):
        return Line(ligne, declaration_id, None, tuple(read[:MAX_FINDINGS]))
    found = tuple(rules.findings_of(read, now))
    refused = any(finding.gravity == "rejet" for finding in found)
    return Line(ligne, declaration_id, None if refused else read, found)


def _read(siret: str, raw: Any, natures: Sequence[str]) -> Declaration | list[Finding]:
    if not isinstance(raw, dict):
        return [Finding("objet_attendu", "")]
    if twice := _written_twice(raw):
        return twice
    nature = raw.get("nature")
    if not isinstance(nature, str) or nature not in NATURES:
        return [Finding("champ_obligatoire" if nature is None else "nature_inconnue", "nature")]
    if nature not in natures:
        return [Finding("nature_non_autorisee", "nature")]
    try:
        loaded = NATURES[nature].load(raw)
    except ValidationError as error:
        return [_finding(path, code) for path, code in flatten(error.messages)]
    return _declaration(siret, loaded)


def _written_twice(raw: dict[str, Any], path: str = "") -> list[Finding]:
    found = [Finding("cle_en_double", path)] if isinstance(raw, Ambiguous) else []
    for key, value in raw.items():
        if isinstance(value, dict):
            found += _written_twice(value, f"{path}.{key[:64]}" if path else key[:64])
    return found


def _finding(path: str, told: str) -> Finding:
    code, _, reason = told.partition(":")
    # An unknown field's name is the partner's text: it is cut, and may not be printed as it is.
    return Finding(code, path[:100].encode("ascii", "replace").decode(), reason)


def _declaration(siret: str, loaded: dict[str, Any]) -> Declaration:
    dossier = loaded.get("dossier") or {"financeur": siret, "reference": loaded["reference"]}
    target = loaded.get("rectifie")
    return Declaration(
        nature=loaded["nature"],
        reference=loaded["reference"],
        emise_le=loaded["emise_le"],
        personne=loaded["personne"],
        financeur=dossier["financeur"],
        reference_financeur=dossier["reference"],
        rectifie=declaration_id_of(lot_id_of(siret, target["lot"]), target["ligne"]) if target else None,
        faits=loaded.get("faits", {}),
    )


def accepted_to_wire(line: Line, declaration: Declaration) -> dict[str, Any]:
    """A declaration as dossier hears it: without a trait of the person."""
    return {
        "declaration_id": line.declaration_id,
        "ligne": line.ligne,
        "nature": declaration.nature,
        "reference": declaration.reference,
        "emise_le": declaration.emise_le,
        "dossier": {"financeur": declaration.financeur, "reference": declaration.reference_financeur},
        "rectifie": declaration.rectifie,
        "faits": declaration.faits,
    }


def sealed_traits(declarations: Sequence[Declaration], keys: Keyring) -> str:
    """The persons of some declarations, in order, sealed for identity."""
    plain = orjson.dumps([declaration.personne for declaration in declarations])
    return base64.b64encode(keys.seal(plain, TRAITS)).decode()


def finding_to_wire(finding: Finding) -> dict[str, str]:
    """A finding as its partner reads it."""
    return {
        "code": finding.code,
        "gravite": finding.gravity,
        "chemin": finding.path,
        "message": finding.message,
        "remede": finding.remedy,
    }


def noticed_to_wire(noticed: Noticed) -> dict[str, Any]:
    """What was found in a line's dossier, as its partner reads it."""
    message, remedy = ANOMALIES.get(noticed.code, ("Une incohérence a été relevée.", "Vérifiez la ligne."))
    return {
        "code": noticed.code,
        "gravite": noticed.gravity,
        "chemin": noticed.path,
        "message": message,
        "remede": remedy,
        "signale_le": noticed.at,
        "leve_le": noticed.settled_at,
    }


def line_to_wire(line: Line) -> dict[str, Any]:
    """A line as it stands when its lot has just been received."""
    return {
        "ligne": line.ligne,
        "declaration_id": line.declaration_id,
        "etat": "acceptee" if line.declaration else "rejetee",
        "constats": [finding_to_wire(finding) for finding in line.findings],
    }


def standing_to_wire(line: Standing) -> dict[str, Any]:
    """A line as it stands now."""
    return {
        "ligne": line.ligne,
        "declaration_id": line.declaration_id,
        "etat": line.state,
        "constats": [
            *(finding_to_wire(finding) for finding in line.findings),
            *(noticed_to_wire(one) for one in line.noticed if one.settled_at is None),
        ],
        "constats_leves": [noticed_to_wire(one) for one in line.noticed if one.settled_at is not None],
        "personne_identifiee_le": line.attributed_at,
        "en_effet_le": line.effective_at,
        "dossier_id": line.dossier_id,
        "effet": line.effect,
    }

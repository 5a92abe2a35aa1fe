"""Domain → wire: what dossier announces and what it shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.chassis.sealing import keyed_hash
from services.dossier.domain.changes import Change
from services.dossier.domain.facts import fact_of
from services.dossier.domain.parcours import Relation
from services.dossier.errors import MOTIFS


def _relations(relations: Sequence[Relation]) -> list[dict[str, str]]:
    return [{"siret": siret, "role": role} for siret, role in relations]


def parcours_to_wire(change: Change) -> dict[str, Any]:
    """A parcours as those see it who do not see inside."""
    return {
        "person_id": change.parcours.person_id,
        "version": change.version,
        "relations": _relations(change.parcours.relations),
        "dossiers": [
            {
                "dossier_id": dossier.dossier_id,
                "state": dossier.state,
                "change": change.change_of(dossier),
                "blocks": list(dossier.blocks),
                "relations": _relations(dossier.relations),
            }
            for dossier in change.parcours.dossiers
        ],
        "withdrawn": change.withdrawn,
    }


def effects_to_wire(change: Change) -> list[dict[str, Any]]:
    """The effects that are new or different."""
    return [
        {
            "declaration_id": declaration_id,
            "version": change.version,
            "dossier_id": effect.dossier_id,
            "effect": effect.effect,
        }
        for declaration_id, effect in change.effects.items()
    ]


def facts_to_wire(change: Change, pseudonyms: bytes) -> list[dict[str, Any]]:
    """What is counted of the dossiers that changed; those that are no more count for nothing."""
    stagiaire = keyed_hash(pseudonyms, change.parcours.person_id.hex).hex()[:32]
    head = {"version": change.version, "stagiaire": stagiaire}
    kept = [
        {
            **head,
            "dossier_id": fact.dossier_id,
            "removed": False,
            "region": fact.region,
            "dispositif": fact.dispositif,
            "entree_le": fact.entree_le,
            "sortie_le": fact.sortie_le,
            "abandon": fact.abandon,
            "heures": fact.heures,
            "financements": [{"financeur": siret, "cents": cents} for siret, cents in fact.financements],
        }
        for fact in map(fact_of, change.changed)
    ]
    nothing: dict[str, Any] = {
        "removed": True,
        "region": None,
        "dispositif": None,
        "entree_le": None,
        "sortie_le": None,
        "abandon": False,
        "heures": 0,
        "financements": [],
    }
    return kept + [{**head, "dossier_id": dossier_id, **nothing} for dossier_id in change.withdrawn]


def visible(
    blocks: Mapping[str, Any], opened: Sequence[str], hidden: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The opened blocks, and why each of the others that there is stays closed."""
    motifs = {one["bloc"]: one["motif"] for one in hidden}
    return {
        "blocs": {name: block for name, block in blocks.items() if name in opened},
        "masques": [
            {"bloc": name, "motif": motif, "message": MOTIFS.get(motif, "Ce bloc ne vous est pas ouvert.")}
            for name in blocks
            if name not in opened
            for motif in [motifs.get(name, "bloc_non_habilite")]
        ],
    }

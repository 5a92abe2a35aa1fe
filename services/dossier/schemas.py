"""Domain → wire: what dossier announces."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from services.chassis.sealing import keyed_hash
from services.dossier.domain.changes import Change
from services.dossier.domain.consistency import GRAVITY
from services.dossier.domain.facts import fact_of
from services.dossier.domain.news import Kind, News
from services.dossier.domain.parcours import Relation

_CHANGES: Mapping[Kind, str] = {"ouvert": "opened", "modifie": "changed"}


def _relations(relations: Sequence[Relation]) -> list[dict[str, str]]:
    return [{"siret": siret, "role": role} for siret, role in relations]


def parcours_to_wire(change: Change, news: Sequence[News]) -> dict[str, Any]:
    """A parcours: who is related to what; and what changed in it, from what to what, and by whose word."""
    told = {(one.dossier_id, _CHANGES.get(one.kind)): one for one in news}
    return {
        "person_id": change.parcours.person_id,
        "version": change.version,
        "relations": _relations(change.parcours.relations),
        "dossiers": [
            {
                "dossier_id": dossier.dossier_id,
                "state": dossier.state,
                "change": what,
                "blocks": list(dossier.blocks),
                "relations": _relations(dossier.relations),
                **_changes(told.get((dossier.dossier_id, what))),
            }
            for dossier in change.parcours.dossiers
            for what in (change.change_of(dossier),)
        ],
        "withdrawn": change.withdrawn,
        "changes": _changes(told.get((change.parcours.person_id, "changed")))["changes"],
    }


def _changes(news: News | None) -> dict[str, Any]:
    if news is None:
        return {"state_before": None, "changes": []}
    return {
        "state_before": news.before and news.before.whole,
        "changes": [
            {
                "path": one.path,
                "before": one.before,
                "after": one.after,
                "declaration_id": one.declaration_id,
                "source": one.source,
            }
            for one in news.differences
        ],
    }


def effects_to_wire(change: Change) -> list[dict[str, Any]]:
    """The effects that are new or different."""
    return [
        {
            "declaration_id": declaration_id,
            "version": change.version,
            "dossier_id": effect.dossier_id,
            "effect": effect.effect,
            "constats": [
                {"code": code, "gravite": GRAVITY[code], "chemin": path} for code, path in effect.findings
            ],
        }
        for declaration_id, effect in change.effects.items()
    ]


def stagiaire_of(pseudonyms: bytes, person_id: uuid.UUID) -> str:
    """As whom a person is counted: the same for the same, and nothing gives it back."""
    return keyed_hash(pseudonyms, person_id.hex).hex()[:32]


def facts_to_wire(change: Change, pseudonyms: bytes) -> list[dict[str, Any]]:
    """What is counted of the dossiers that changed; those that are no more count for nothing."""
    head = {"version": change.version, "stagiaire": stagiaire_of(pseudonyms, change.parcours.person_id)}
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

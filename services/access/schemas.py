"""Wire ↔ domain: what is asked and told becomes values; decisions and organisations become answers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from services.access.domain.decision import BLOCK_HIDDEN, Answer, Consultation, Decided, Granted, Reading
from services.access.domain.habilitation import Habilitation
from services.access.domain.journal import Verified, reason_of
from services.access.domain.organisation import Organisation, Registration, natures_of, services_of
from services.access.domain.parcours import Parcours, Relation
from services.access.domain.perimetre import OF_A_DOSSIER, OF_A_PERSON

BEHIND = "relations_behind"

# --- read --------------------------------------------------------------------------------


def read_registrations(asked: Mapping[str, Any]) -> list[Registration]:
    """The organisations to register, each with its habilitations."""
    return [
        Registration(
            Organisation(one["siret"], one["nom"], one["profile"]),
            tuple(_habilitation(one["siret"], each) for each in one["habilitations"]),
        )
        for one in asked["organisations"]
    ]


def _habilitation(siret: str, asked: Mapping[str, Any]) -> Habilitation:
    return Habilitation(
        siret=siret,
        service=asked["service"],
        finalite=asked["finalite"],
        perimetre=asked["perimetre"],
        blocs=tuple(sorted(set(asked["blocs"]))),
        base_legale=asked["base_legale"],
        valid_from=asked["valid_from"],
        valid_until=asked["valid_until"],
    )


def read_reading(asked: Mapping[str, Any]) -> Reading:
    """The request to read dossiers, as dossier passes it on."""
    return Reading(
        siret=asked["siret"],
        service=asked["service"],
        finalite=asked["finalite"],
        person_id=asked["person_id"],
        dossier_ids=tuple(asked["dossiers"]),
    )


def read_readings(asked: Mapping[str, Any]) -> list[Reading]:
    """The readings to decide together, in order."""
    return [
        Reading(
            siret=one["siret"],
            service="dossier",
            finalite=one["finalite"] or "",
            person_id=one["person_id"],
            dossier_ids=tuple(one["dossiers"]),
            version=one["version"],
            blocs=tuple(one["blocs"]),
        )
        for one in asked["lectures"]
    ]


def read_consultation(asked: Mapping[str, Any]) -> Consultation:
    """The call that identity or dossier is asked to answer; each person and dossier once, in order."""
    return Consultation(
        siret=asked["siret"],
        appel=asked["appel"],
        finalite=asked["finalite"],
        person_ids=tuple(sorted(set(asked["person_ids"]))),
        agent=asked.get("agent"),
        motif=asked.get("motif"),
        dossier_ids=tuple(sorted(set(asked.get("dossiers", ())))),
    )


def read_parcours(told: Iterable[Mapping[str, Any]]) -> list[Parcours]:
    """Who is related to whom and to what; the rest of the event is for others."""
    return [
        Parcours(
            person_id=one["person_id"],
            version=one["version"],
            relations=frozenset(
                Relation(each["siret"], each["role"], dossier_id)
                for dossier_id, relations in _relations_of(one)
                for each in relations
            ),
        )
        for one in told
    ]


def _relations_of(parcours: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    yield None, parcours["relations"]
    for dossier in parcours["dossiers"]:
        yield dossier["dossier_id"], dossier["relations"]


# --- written -----------------------------------------------------------------------------


def organisations_to_wire(
    registrations: Sequence[Registration], versions: Mapping[str, int]
) -> list[dict[str, Any]]:
    """What ingestion hears of organisations."""
    return [
        {
            "siret": one.organisation.siret,
            "version": versions[one.organisation.siret],
            "profile": one.organisation.profile,
            "natures": natures_of(one.organisation.profile),
        }
        for one in registrations
    ]


def profile_to_wire(
    organisation: Organisation, rights: Sequence[Habilitation], today: date
) -> dict[str, Any]:
    """What an organisation finds when it logs in."""
    return {
        "siret": organisation.siret,
        "nom": organisation.nom,
        "profile": organisation.profile,
        "services": services_of(organisation.profile, rights, today),
        "natures": natures_of(organisation.profile),
        "habilitations": [
            {
                "service": one.service,
                "finalite": one.finalite,
                "perimetre": one.perimetre,
                "blocs": one.blocs,
                "base_legale": one.base_legale,
                "valid_from": one.valid_from,
                "valid_until": one.valid_until,
                "in_force": one.in_force(today),
            }
            for one in rights
        ],
    }


def decision_to_wire(answer: Answer, number: str) -> dict[str, Any]:
    """What may be read, block by block, and what stays closed; nothing at all when refused."""
    head = plain_decision_to_wire(answer, number)
    if not isinstance(answer, Granted):
        return {**head, "dossiers": [], "blocs": [], "masques": []}
    return {
        **head,
        "dossiers": [
            {
                "dossier_id": one.dossier_id,
                "blocs": one.blocs,
                "masques": _hidden(OF_A_DOSSIER, one.blocs),
            }
            for one in answer.dossiers
        ],
        "blocs": answer.blocs,
        "masques": _hidden(OF_A_PERSON, answer.blocs),
    }


def reading_to_wire(one: tuple[Decided, str] | None) -> dict[str, Any]:
    """One of many readings; None where it could not be decided yet."""
    if one is None:
        nothing = {"granted": False, "reason": BEHIND, "finalite": None, "decision": None}
        return {"a_jour": False, **nothing, "dossiers": [], "blocs": [], "masques": []}
    decided, number = one
    return {"a_jour": True, "finalite": decided.purpose, **decision_to_wire(decided.answer, number)}


def plain_decision_to_wire(answer: Answer, number: str) -> dict[str, Any]:
    """Whether, why, and where the journal has it."""
    return {"granted": isinstance(answer, Granted), "reason": reason_of(answer), "decision": number}


def verified_to_wire(verified: Verified) -> dict[str, Any]:
    """What became of the journal."""
    return {
        "entries": verified.entries,
        "intact": verified.broken_at is None,
        "broken_at": verified.broken_at,
    }


def _hidden(there_are: Sequence[str], opened: Sequence[str]) -> list[dict[str, str]]:
    return [{"bloc": bloc, "motif": BLOCK_HIDDEN} for bloc in there_are if bloc not in opened]

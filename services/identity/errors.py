"""What can go wrong here. Codes, never a value.

Unreadable("traits_…")   the traits of a chunk are not what ingestion seals; no attempt will change that
BlindKeyUnknown          this process has another blind key than the one by which records are known
ModelUnknown             this process has another model than the one by which records are keyed

and what whoever looks after persons can be told.
"""

from services.chassis.errors import Unreadable
from services.contracts.errors import BadRequest, Conflict, NotFound, Refused


class BlindKeyUnknown(Exception):
    """With this blind key nobody would be found again, and every line would make a new person."""

    code = "blind_key_unknown"


class ModelUnknown(Exception):
    """By this model's keys nobody would be found again: the one in force before goes in
    AGORA_IDENTITY_MODEL_BEFORE until `job adopt` has been through. A process that still has that one alone
    restarts with the new one."""

    code = "model_unknown"


def traits_unreadable(why: str) -> Unreadable:
    """The sealed traits cannot be opened (`seal`), read (`json`, `shape`) or counted (`count`)."""
    return Unreadable(f"traits_{why}")


def declaration_inconnue() -> NotFound:
    """A line that identity never heard of."""
    return NotFound(
        "declaration_inconnue",
        "Une des déclarations n’est pas connue : vérifiez son identifiant sur l’accusé de réception.",
    )


def decision_inconnue() -> NotFound:
    """No such ruling, or it was revoked before."""
    return NotFound("decision_inconnue", "Aucune décision en vigueur ne porte cet identifiant : vérifiez-le.")


def declaration_sans_identite() -> BadRequest:
    """A line that tells too little to be anybody's: what is said of it is said of every line like it."""
    return BadRequest(
        "declaration_sans_identite",
        "Une des déclarations en dit trop peu pour désigner une personne : faites-la rectifier.",
    )


def meme_contenu() -> Conflict:
    """Two lines that tell the same of their person cannot be parted by it."""
    return Conflict(
        "meme_contenu",
        "Ces déclarations disent la même chose de la personne : faites rectifier l’une des deux.",
    )


def decision_contraire() -> Conflict:
    """Another ruling in force says the opposite."""
    return Conflict(
        "decision_contraire",
        "Une décision en vigueur dit le contraire : annulez-la d’abord, avec son motif.",
    )


def personne_trop_large(most: int) -> Conflict:
    """More records than one ruling can part."""
    return Conflict(
        "personne_trop_large",
        f"Cette séparation concernerait plus de {most} paires : séparez les déclarations par parties.",
        {"maximum": str(most)},
    )


def reference_deja_utilisee() -> Conflict:
    """The caller ruled something else under this reference."""
    return Conflict(
        "reference_deja_utilisee",
        "Cette référence désigne déjà une autre de vos décisions : donnez-en une nouvelle.",
    )


def personne_inconnue() -> NotFound:
    """Nobody, or nobody any more: persons that are linked go by one id."""
    return NotFound(
        "personne_inconnue",
        "Aucune personne ne porte cet identifiant à ce jour : demandez de qui parle la déclaration.",
    )


def identites_refusees(reason: str, decision: str) -> Refused:
    """Access said no; `decision` is where its journal says why."""
    return Refused(
        "identites_refusees",
        REFUSALS.get(reason, "Votre habilitation ne couvre pas cette demande.")
        + " Demandez son extension à l’administration du hub si votre mission l’exige.",
        {"motif": reason, "decision": decision},
    )


# What access answers (`access.domain.decision`), in words for who is refused.
REFUSALS = {
    "organisation_unknown": "Votre organisme n’est pas enregistré.",
    "no_habilitation_for_service": "Votre organisme n’est pas habilité sur les identités.",
    "purpose_not_covered": "Votre habilitation ne couvre pas cette finalité.",
    "habilitation_not_in_force": "Votre habilitation n’est pas en vigueur à ce jour.",
    "no_relation": "Votre organisme n’a pas de lien avec cette personne.",
}

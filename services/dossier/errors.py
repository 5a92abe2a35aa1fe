"""What a reader can be told. What it may not see and what does not exist are told alike."""

from services.contracts.errors import BadRequest, Conflict, NotFound, Refused


def dossier_introuvable() -> NotFound:
    """No such dossier, or none that this reader may see."""
    return NotFound(
        "dossier_introuvable",
        "Aucun dossier que vous puissiez consulter ne porte cet identifiant : "
        "vérifiez-le sur l’accusé de réception de votre lot.",
    )


def parcours_introuvable() -> NotFound:
    """The reader never declared anything under this reference, or the person is not decided yet."""
    return NotFound(
        "parcours_introuvable",
        "Aucune de vos déclarations prises en compte ne porte cette référence : "
        "vérifiez-la, ou consultez l’accusé de réception de votre lot.",
    )


def champ_introuvable() -> NotFound:
    """The dossier has no such field, or none that this reader may see."""
    return NotFound(
        "champ_introuvable",
        "Ce dossier n’a pas de tel champ que vous puissiez consulter : donnez son chemin tel qu’il se lit, "
        "« dates.entree_le » ou « financements.0.total ».",
    )


def lecture_refusee(reason: str, decision: str) -> Refused:
    """Access said no; `decision` is where its journal says why."""
    return Refused(
        "lecture_refusee",
        REFUSALS.get(reason, "Votre habilitation ne couvre pas cette lecture.")
        + " Demandez son extension à l’administration du hub si votre mission l’exige.",
        {"motif": reason, "decision": decision},
    )


def nature_sans_prefill() -> BadRequest:
    """A declaration of this kind states nothing that could be filled."""
    return BadRequest(
        "nature_sans_prefill",
        "Une suppression n’énonce aucun fait : désignez la ligne à retirer (`rectifie`), sans pré-remplir.",
        {"nature": "champ_sans_objet"},
    )


def suite_inconnue() -> Conflict:
    """The number is none that the feed has given: it was made anew since."""
    return Conflict(
        "suite_inconnue",
        "Ce numéro n’est pas de ce fil : repartez d’un état initial (`snapshot`), puis suivez son numéro.",
        {"chemin": "apres"},
    )


def suite_oubliee() -> Conflict:
    """Changes after this number are kept no more."""
    return Conflict(
        "suite_oubliee",
        "Des changements qui suivent ce numéro ne sont plus conservés : repartez d’un état initial "
        "(`snapshot`), puis suivez son numéro.",
        {"chemin": "apres"},
    )


def financement_introuvable() -> NotFound:
    """The dossier has no file of this funder with this number."""
    return NotFound(
        "financement_introuvable",
        "Ce dossier n’a pas de financement de ce financeur sous ce numéro : relisez-le.",
    )


def decision_inconnue() -> NotFound:
    """No such ruling, or it was revoked before."""
    return NotFound("decision_inconnue", "Aucune décision en vigueur ne porte cet identifiant : vérifiez-le.")


def personnes_differentes() -> Conflict:
    """Two dossiers of two persons: whether they are one is identity's to say."""
    return Conflict(
        "personnes_differentes",
        "Ces dossiers sont de deux personnes : si c’est la même, faites d’abord rapprocher les identités.",
    )


def decision_contraire() -> Conflict:
    """Another ruling in force says the opposite, or there is nothing to part."""
    return Conflict(
        "decision_contraire",
        "Une décision en vigueur dit le contraire, ou le dossier n’a qu’un financement : annulez-la d’abord.",
    )


def reference_deja_utilisee() -> Conflict:
    """The caller's own reference was used for another ruling."""
    return Conflict(
        "reference_deja_utilisee",
        "Cette référence a déjà servi pour une autre décision : donnez-en une nouvelle.",
    )


def gestion_refusee(reason: str, decision: str) -> Refused:
    """Access said no; `decision` is where its journal says why."""
    return Refused(
        "gestion_refusee",
        REFUSALS.get(reason, "Votre habilitation ne couvre pas cet appel.")
        + " Demandez une habilitation à la tenue des dossiers si c’est votre mission.",
        {"motif": reason, "decision": decision},
    )


# What access answers (`access.domain.decision`), in words for who is refused.
REFUSALS = {
    "organisation_unknown": "Votre organisme n’est pas enregistré.",
    "no_habilitation_for_service": "Votre organisme n’est pas habilité à consulter les dossiers.",
    "purpose_not_covered": "Votre habilitation ne couvre pas cette finalité.",
    "habilitation_not_in_force": "Votre habilitation n’est pas en vigueur à ce jour.",
    "no_relation": "Votre organisme n’a pas de lien avec ce dossier ou cette personne.",
    "bloc_non_habilite": "Votre habilitation ne couvre pas ce bloc.",
}

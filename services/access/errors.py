"""What an operator or a partner can be told when access cannot do what it is asked."""

from collections.abc import Mapping

from services.contracts.errors import BadRequest, NotFound, Unavailable

MOST_FAULTS = 20


def organisation_inconnue() -> NotFound:
    """The caller has an account and no organisation."""
    return NotFound(
        "organisation_inconnue",
        "Votre organisme n’est pas enregistré : demandez son inscription à l’administration du hub, "
        "avec le SIRET de ce compte.",
    )


def inscription_refusee(faults: Mapping[str, str]) -> BadRequest:
    """What is asked contradicts itself; `faults` says where and why, by path."""
    return BadRequest(
        "inscription_refusee",
        "Aucun organisme n’a été enregistré : corrigez les champs indiqués et renvoyez toute la demande.",
        dict(list(faults.items())[:MOST_FAULTS]),
    )


def relations_en_retard() -> Unavailable:
    """What dossier has changed is not known here yet: it will be in a moment."""
    return Unavailable(
        "relations_en_retard",
        "Les liens de ces personnes ne sont pas encore à jour : renvoyez la demande dans quelques instants.",
    )

"""What a partner can be told about a whole lot. One bad line is never one of these."""

from services.contracts.errors import BadRequest, Conflict, NotFound, Refused


def emetteur_different() -> Refused:
    """A partner speaks for another."""
    return Refused(
        "emetteur_different",
        "L’émetteur du lot n’est pas le titulaire du compte : déposez le lot avec le compte de son émetteur.",
    )


def partenaire_inconnu() -> Refused:
    """The account exists, but nobody registered the organisation."""
    return Refused(
        "partenaire_inconnu",
        "Votre organisme n’est pas encore enregistré : demandez son habilitation à l’administration du hub.",
    )


def lot_vide() -> BadRequest:
    """A lot without a line."""
    return BadRequest("lot_vide", "Le lot ne contient aucune déclaration : ajoutez-en au moins une.")


def lot_trop_long(lines: int, most: int) -> BadRequest:
    """More lines than a lot may have."""
    return BadRequest(
        "lot_trop_long",
        f"Un lot contient au plus {most} lignes : découpez l’envoi en plusieurs lots, "
        "chacun avec sa référence.",
        {"lignes": str(lines), "maximum": str(most)},
    )


def reference_deja_utilisee(reference: str) -> Conflict:
    """The same reference came before with other content."""
    return Conflict(
        "reference_deja_utilisee",
        "Cette référence de lot a déjà servi pour un autre contenu : donnez une nouvelle référence.",
        {"reference": reference},
    )


def lot_inconnu(reference: str) -> NotFound:
    """No such lot of this partner."""
    return NotFound(
        "lot_inconnu",
        "Aucun lot de votre organisme ne porte cette référence : vérifiez-la, ou déposez le lot.",
        {"reference": reference},
    )

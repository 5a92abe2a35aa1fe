"""What the client itself has to say to a partner, in French: what the hub never heard, or never answered."""

from services.contracts.errors import Malformed, Refused, Unavailable
from services.contracts.message import MAX_CALL_BYTES


def no_answer() -> Unavailable:
    """Nobody answered in time, or the connection was lost."""
    return Unavailable(
        "hub_injoignable",
        "Le hub n’a pas répondu à temps : renvoyez la même demande, elle n’aura qu’un effet.",
    )


def nobody_there() -> Unavailable:
    """The broker has no queue for this question: the service was never started there."""
    return Unavailable(
        "service_absent",
        "Le service demandé n’est pas en place sur ce hub : réessayez plus tard, ou vérifiez l’adresse.",
    )


def unreadable_answer() -> Unavailable:
    """Something answered, which is not the hub's way to answer."""
    return Unavailable(
        "reponse_illisible",
        "La réponse du hub est illisible : renvoyez la même demande, et signalez-le si cela se répète.",
    )


def no_mailbox() -> Unavailable:
    """The account has no queue of notifications: the hub does not know the partner yet."""
    return Unavailable(
        "notifications_absentes",
        "Le hub n’a pas ouvert de notifications pour votre organisme : demandez à l’administration du hub "
        "s’il est inscrit.",
    )


def forbidden() -> Refused:
    """The broker refused the question itself."""
    return Refused("appel_interdit", "Votre compte n’a pas accès à cette méthode.")


def not_admitted() -> Refused:
    """The broker refused the account."""
    return Refused(
        "compte_refuse",
        "Le hub refuse votre compte : vérifiez l’identifiant, le mot de passe et la fin de l’adresse.",
    )


def bad_address() -> Malformed:
    """The address is none. It is not repeated: it holds a password."""
    return Malformed(
        "adresse_invalide",
        "L’adresse du hub n’a pas la forme attendue : amqps://SIRET:mot-de-passe@hôte/agora.",
    )


def too_large(size: int) -> Malformed:
    """More than one call may carry."""
    return Malformed(
        "corps_trop_volumineux",
        f"Le message dépasse {MAX_CALL_BYTES} octets : envoyez-le en plusieurs lots.",
        {"octets": str(size)},
    )


def long_reference(most: int) -> Malformed:
    """A delivery's reference leaves room for the numbers of its lots."""
    return Malformed(
        "reference_trop_longue",
        f"La référence d’un envoi a de 1 à {most} caractères : chaque lot y ajoute son numéro.",
        {"maximum": str(most)},
    )


def declaration_too_large(number: int, most: int) -> Malformed:
    """One declaration that no lot can carry."""
    return Malformed(
        "declaration_trop_volumineuse",
        f"La déclaration n° {number} dépasse {most} octets : elle ne peut pas être déposée.",
        {"declaration": str(number), "maximum": str(most)},
    )


def not_json(number: int) -> Malformed:
    """A value of the caller's that has no JSON."""
    return Malformed(
        "declaration_illisible",
        f"La déclaration n° {number} ne s’écrit pas en JSON : textes, nombres, listes et objets seulement.",
        {"declaration": str(number)},
    )


def bad_file(code: str, what: str, line: int) -> Malformed:
    """A place in a file where it cannot be read."""
    return Malformed(code, f"Ligne {line} du fichier : {what}", {"ligne": str(line)})

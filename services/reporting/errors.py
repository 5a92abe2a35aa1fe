"""What a reader of figures can be told."""

from services.contracts.errors import BadRequest, Refused


def periode_invalide() -> BadRequest:
    """The months are not months, or not in order, or too many."""
    return BadRequest(
        "periode_invalide",
        "Donnez deux mois « aaaa-mm », le premier avant le second, distants de 120 mois au plus.",
    )


def figures_refusees(reason: str) -> Refused:
    """Access said no."""
    return Refused(
        "figures_refusees",
        "Votre habilitation ne couvre pas les indicateurs : demandez son extension.",
        {"motif": reason},
    )

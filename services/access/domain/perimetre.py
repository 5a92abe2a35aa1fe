"""How far an habilitation reaches, and which blocks there are to open there."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.access.domain.parcours import Relation

OF_A_DOSSIER = ("formation", "dates", "financements", "remunerations", "certifications")
OF_A_PERSON = ("certifications", "emplois", "accompagnements")


@dataclass(frozen=True, slots=True)
class Perimetre:
    """The dossiers to which one has `role`, or the whole parcours of a person to whom one has it."""

    role: str
    by_person: bool  # the role is held to the person, not to a dossier
    whole_parcours: bool

    @property
    def blocs(self) -> frozenset[str]:
        """What there is to open within this reach."""
        return frozenset((*OF_A_DOSSIER, *OF_A_PERSON) if self.whole_parcours else OF_A_DOSSIER)

    def relations(self, relations: Iterable[Relation]) -> list[Relation]:
        """Those of one's relations to a person that count here."""
        return [
            one for one in relations if one.role == self.role and (one.dossier_id is None) == self.by_person
        ]

    def reaches_person(self, relations: Iterable[Relation]) -> bool:
        """Whether the whole parcours is within reach."""
        return self.whole_parcours and bool(self.relations(relations))

    def dossiers(self, asked: Iterable[UUID], relations: Iterable[Relation]) -> set[UUID]:
        """Those of the dossiers asked for that are within reach."""
        if self.whole_parcours:
            return set(asked) if self.reaches_person(relations) else set()
        return set(asked) & {one.dossier_id for one in self.relations(relations) if one.dossier_id}


PERIMETRES: dict[str, Perimetre] = {
    # R.6323-35 II: the dossiers it finances or co-finances.
    "dossiers_finances": Perimetre("finance", by_person=False, whole_parcours=False),
    # L.6341-1: the dossiers for which it pays the stagiaire.
    "dossiers_payes": Perimetre("paie", by_person=False, whole_parcours=False),
    # R.6323-35 III: the path of the persons it follows as an operator of the CEP.
    "personnes_accompagnees": Perimetre("accompagne", by_person=True, whole_parcours=True),
    # R.6323-35 II, "prise en charge": the path of a person of whom it finances one dossier at least.
    "personnes_financees": Perimetre("finance", by_person=False, whole_parcours=True),
}

"""A contribution: one declaration, as dossier keeps it for ever."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class File(NamedTuple):
    """A funder's own dossier: the funder's SIRET and its number."""

    financeur: str
    reference: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one source said at one time about one person. `faits` as in `contracts.declaration`.

    `withdrawn`: its source took it back, or put another declaration in its place.
    """

    declaration_id: uuid.UUID
    source: str
    nature: str
    reference: str
    emise_le: datetime
    ligne: int
    file: File
    faits: dict[str, Any]
    withdrawn: bool = False

    @property
    def freshness(self) -> tuple[datetime, int, uuid.UUID]:
        """Later said wins; in one lot, the later line; the id only so that no two are ever equal.

        When it was received does not count: any order of arrival gives the same dossier.
        """
        return (self.emise_le, self.ligne, self.declaration_id)

    @property
    def slot(self) -> tuple[str, ...]:
        """What this contribution says something about: the freshest of a slot stands for it."""
        faits = self.faits
        match self.nature:
            case "realisation" if faits["evenement"] in ("interruption", "reprise"):
                return (self.source, *self.file, faits["evenement"], faits["le"])
            case "realisation":
                return (self.source, *self.file, faits["evenement"])
            case "remuneration":
                return (self.source, *self.file, faits["debut"], faits["fin"])
            case "certification":
                return (self.source, self.reference, faits["certification"])
            case "emploi":
                # The end of a contract is told twice (FCTU, then the monthly DSN): one contract.
                return (self.source, faits["employeur"], faits.get("numero_contrat", ""), faits["debut"])
            case "accompagnement":
                return (self.source, self.reference)
            case _:
                return (self.source, *self.file)

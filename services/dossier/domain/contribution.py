"""A contribution: one declaration, as dossier keeps it for ever."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class File(NamedTuple):
    """A funder's own dossier: the funder's SIRET and its number."""

    financeur: str
    reference: str


# Events of which there may be several: each is told by its day. Of the others there is one of each kind.
_REPEATED = frozenset({"interruption", "reprise", "contrat", "rupture"})


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one source said at one time about one person. `faits` as in `contracts.declaration`.

    `profile`: what the source was when it said it (`contracts.access.PROFILES`), where that is known.
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
    profile: str | None = None
    lot: str = ""
    received_at: datetime | None = None

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
            case "realisation" if faits["evenement"] in _REPEATED:
                return (self.source, *self.file, faits["evenement"], faits["le"])
            case "realisation":
                return (self.source, *self.file, faits["evenement"])
            case "remuneration":
                return (self.source, *self.file, faits["debut"], faits["fin"])
            case "certification":
                return (self.source, self.reference, faits["certification"])
            case "emploi":
                # What one statement of a contract leaves out, an earlier one still says: all of them stand.
                return (str(self.declaration_id),)
            case "accompagnement":
                return (self.source, self.reference)
            case _:
                return (self.source, *self.file)

    @property
    def contract(self) -> tuple[str, str, str]:
        """Of an `emploi`: which contract of the person it is (NEODeS: SIRET, S21.G00.40.009 and .001)."""
        return (self.faits["employeur"], self.faits.get("numero_contrat", ""), self.faits["debut"])

    @property
    def effective_on(self) -> str:
        """The day from which what it says is true, `aaaa-mm-jj`."""
        faits = self.faits
        match self.nature:
            case "realisation" | "certification":
                return str(faits["le"])
            case "remuneration" | "emploi" | "accompagnement":
                return str(faits["debut"])
            case "formation" if "accord_le" not in faits:
                # Declared late, a training was planned all the same before it began.
                return min(self.emise_le.date().isoformat(), str(faits["debut_prevu"]))
            case _:
                return str(faits.get("accord_le") or self.emise_le.date().isoformat())

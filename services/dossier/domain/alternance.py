"""The contracts of an alternance: as its funder tells them, and as the DSN has them, which is believed of
those it has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from services.dossier.domain.apprenticeship import Contract
from services.dossier.domain.contribution import Contribution
from services.dossier.domain.jobs import Job

# NEODeS S21.G00.40.008: which contracts go with which dispositif.
ALTERNANCE: Mapping[str, frozenset[str]] = {
    "APPRENTISSAGE": frozenset({"64", "65", "81"}),
    "PROFESSIONNALISATION": frozenset({"61"}),
}
# NEODeS S21.G00.62.002: an end that was foreseen, or a new employer's taking over. Any other is a rupture.
_FORESEEN = frozenset({"031", "081", "998"})
# CERFA: a contract begins at most three months before the training, and ends at most three months after it.
_MARGIN = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Contrat:
    """One contract; days are `aaaa-mm-jj`. `rompu_le` is the first day without it. No `debut`: of a contract
    of which nothing is known but its rupture. `by` told of it, `ended_by` of its end where that is another
    statement, `broken_by` of its rupture."""

    debut: str | None
    fin: str | None
    by: Contribution
    employeur: str | None = None
    rompu_le: str | None = None
    broken_by: Contribution | None = None
    ended_by: Contribution | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """As it is shown. The DSN's employer is the parcours' to show, not the dossier's."""
        told = {"debut": self.debut, "fin": self.fin, "rompu_le": self.rompu_le}
        return {**told, "employeur": self.employeur} if self.employeur else told

    @property
    def said_by(self) -> dict[str, Contribution]:
        """Whose it is (under no name), and whose its end and its rupture are, where they are told."""
        parts = {"fin": self.ended_by, "rompu_le": self.broken_by}
        return {"": self.by, **{name: one for name, one in parts.items() if one}}


def contracts_of(
    formations: Sequence[Contribution], events: Sequence[Contribution], jobs: Iterable[Job]
) -> list[Contrat]:
    """The contracts of this training, in the order in which they began; none where it is no alternance.

    `formations` and `events` have the most believed last.
    """
    last = next((one for one in reversed(formations) if one.faits["dispositif"] in ALTERNANCE), None)
    if last is None:
        return []
    told = {one.faits["le"]: _told(one) for one in events if one.faits["evenement"] == "contrat"}
    if not told:
        # An OPCO's file of an alternance is the file of one contract.
        told = {one.faits["debut_prevu"]: _of_file(one) for one in formations if "employeur" in one.faits}
    for job in jobs:
        if _is_of(job, last):
            told[job.faits["debut"]] = _of_job(job)
    contracts = [told[begins] for begins in sorted(told)]
    for rupture in sorted(
        (one for one in events if one.faits["evenement"] == "rupture"), key=lambda one: str(one.faits["le"])
    ):
        _break(contracts, rupture)
    return contracts


def contract_of(shown: Mapping[str, Any]) -> Contract | None:
    """A contract as `apprenticeship` reckons with it; None where its beginning is unknown."""
    if shown["debut"] is None:
        return None
    days = (shown[name] and date.fromisoformat(shown[name]) for name in ("debut", "fin", "rompu_le"))
    return Contract(*days)


def _told(one: Contribution) -> Contrat:
    return Contrat(one.faits["le"], one.faits.get("fin"), one, one.faits.get("employeur"))


def _of_file(one: Contribution) -> Contrat:
    return Contrat(one.faits["debut_prevu"], one.faits["fin_prevue"], one, one.faits["employeur"])


def _of_job(job: Job) -> Contrat:
    by, end, ended_by = job.said[-1], job.faits.get("fin"), job.by.get("fin")
    if end is None or job.faits.get("motif_fin", "081") in _FORESEEN:
        return Contrat(job.faits["debut"], end, by, ended_by=ended_by)
    broken = (date.fromisoformat(end) + timedelta(days=1)).isoformat()
    return Contrat(job.faits["debut"], None, by, rompu_le=broken, broken_by=ended_by)


def _is_of(job: Job, formation: Contribution) -> bool:
    if job.faits.get("dispositif") not in ALTERNANCE[formation.faits["dispositif"]]:
        return False
    first = date.fromisoformat(formation.faits["debut_prevu"]) - _MARGIN
    last = date.fromisoformat(formation.faits["fin_prevue"])
    return first <= date.fromisoformat(job.faits["debut"]) <= last


def _break(contracts: list[Contrat], rupture: Contribution) -> None:
    day = rupture.faits["le"]
    for place in reversed(range(len(contracts))):
        if (contracts[place].debut or "") < day:
            contracts[place] = replace(contracts[place], rompu_le=day, broken_by=rupture)
            return
    contracts.append(Contrat(None, None, rupture, rompu_le=day, broken_by=rupture))

"""A person's employment contracts, as those who declare them tell: each contract once.

An end is told twice (the signalement, then the monthly DSN) and is one end. A later statement that says
nothing of the end leaves it: a monthly DSN may be made up before and sent after the signalement. Motif 099
takes it back; annule-et-remplace takes back the line itself, which then counts no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.dossier.domain.assembling import by_belief
from services.dossier.domain.contribution import Contribution

END_TAKEN_BACK = "099"  # NEODeS S21.G00.62.002


@dataclass(frozen=True, slots=True)
class Job:
    """One contract, who told of it, the most believed last, and whose each of its facts is."""

    faits: Mapping[str, Any]
    said: tuple[Contribution, ...]
    by: Mapping[str, Contribution]

    @property
    def shown(self) -> dict[str, Any]:
        """The contract as it is shown, with whoever is believed about it."""
        return {"declarant": self.said[-1].source, **self.faits}


def jobs_of(said: Iterable[Contribution]) -> list[Job]:
    """Each contract once, in the order in which they began; `said` has the freshest last."""
    by_contract: dict[tuple[str, str, str], list[Contribution]] = defaultdict(list)
    for one in said:
        by_contract[one.contract].append(one)
    jobs = [_job(by_belief("emploi", many, {})) for many in by_contract.values()]
    return sorted(jobs, key=lambda job: (job.faits["debut"], job.said[-1].source, job.said[-1].contract))


def _job(said: list[Contribution]) -> Job:
    merged: dict[str, Any] = {}
    by: dict[str, Contribution] = {}
    for one in said:
        faits = dict(one.faits)
        if "fin" in faits or faits.get("motif_fin") == END_TAKEN_BACK:
            merged.pop("fin", None)
            merged.pop("motif_fin", None)
        if faits.get("motif_fin") == END_TAKEN_BACK:
            faits = {name: value for name, value in faits.items() if name not in ("fin", "motif_fin")}
        merged.update(faits)
        by.update(dict.fromkeys(faits, one))
    return Job(merged, tuple(said), {name: by[name] for name in merged})

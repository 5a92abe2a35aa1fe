"""Domain → wire: what dossier shows to whoever may see it, and what stays hidden."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from services.contracts.dossier.codes import ANOMALIES, CAUSES_DOUTE
from services.dossier.domain.alternance import contract_of
from services.dossier.domain.apprenticeship import Session as Training
from services.dossier.domain.apprenticeship import statut_of
from services.dossier.domain.consistency import GRAVITY
from services.dossier.domain.explaining import Reason, Statement
from services.dossier.domain.fold import NOT_PAID
from services.dossier.domain.following import what_followed
from services.dossier.domain.lifecycle import state_on, without_results
from services.dossier.domain.parcours import Anomaly, Doubt
from services.dossier.errors import REFUSALS
from services.dossier.storage.parcours import Stored

Opened = Mapping[str, Any]  # one dossier's part of access's decision


def dossier_to_wire(stored: Stored, opened: Opened, readable: Iterable[object], day: date) -> dict[str, Any]:
    """A dossier as it is on a day; `readable`: the dossiers that the same reader may see."""
    blocs = opened["blocs"]
    return {
        "dossier_id": stored.dossier_id,
        "etat": state_shown(stored, blocs, day),
        **visible(stored.blocks, blocs, opened["masques"]),
        "statut_apprenti": _statut(stored.blocks, day) if {"formation", "dates"} <= {*blocs} else None,
        "anomalies": [
            anomaly_to_wire(one) for one in stored.anomalies if one.path.partition(".")[0] in blocs
        ],
        "doutes": [_doubt(one) for one in stored.doubts if one.dossier_id in readable],
        "couts": _costs(stored.blocks) if "financements" in blocs else None,
    }


def state_shown(stored: Stored, blocs: Collection[str], day: date) -> str:
    """The state of a dossier on a day, for whom these blocks are open."""
    happened = stored.happened
    if "certifications" not in blocs:  # that somebody is certified is a result too
        happened = {file: tuple(without_results(events)) for file, events in happened.items()}
    return state_on(happened, day.isoformat())


def visible(
    blocks: Mapping[str, Any], opened: Sequence[str], hidden: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The opened blocks, and why the others stay closed: whether there is anything in them or not, for that
    somebody has a job or is advised is told to nobody from whom the block is closed."""
    return {
        "blocs": {name: block for name, block in blocks.items() if name in opened},
        "masques": [
            {**one, "message": REFUSALS.get(one["motif"], "Ce bloc ne vous est pas ouvert.")}
            for one in hidden
        ],
    }


def anomaly_to_wire(one: Anomaly) -> dict[str, Any]:
    """What does not hold together, and where it shows."""
    message, _ = ANOMALIES[one.code]
    return {"code": one.code, "gravite": GRAVITY[one.code], "chemin": one.path, "message": message}


def _doubt(one: Doubt) -> dict[str, Any]:
    return {"dossier_id": one.dossier_id, "cause": one.cause, "message": CAUSES_DOUTE[one.cause]}


def _statut(blocks: Mapping[str, Any], day: date) -> str | None:
    """What the apprentice is on a day; None where it is no apprenticeship, or has no dates yet."""
    dates = blocks.get("dates", {})
    begins, ends = dates.get("entree_le", dates.get("debut_prevu")), dates.get("fin_prevue")
    if blocks.get("formation", {}).get("dispositif") != "APPRENTISSAGE" or not begins or not ends:
        return None
    left, gave_up = dates.get("sortie_le"), dates.get("abandon", False)
    last = left if left and not gave_up else max(begins, ends)
    training = Training(date.fromisoformat(begins), date.fromisoformat(last))
    contracts = [known for one in dates.get("contrats", ()) if (known := contract_of(one))]
    return statut_of(training, contracts, date.fromisoformat(left) if gave_up else None, day)


def _costs(blocks: Mapping[str, Any]) -> dict[str, Any] | None:
    """What all funders together pay, by nature, and against the total that was accepted."""
    financements = [one for one in blocks.get("financements", ()) if one.get("etat") not in NOT_PAID]
    if not financements:
        return None
    by_nature: Counter[str] = Counter()
    for one in financements:
        for poste in one["postes"]:
            by_nature[poste["nature"]] += poste["montant"]
    totals = {one["cout_total"] for one in financements if "cout_total" in one}
    accepted = totals.pop() if len(totals) == 1 else None
    total = sum(by_nature.values())
    return {
        "par_nature": dict(sorted(by_nature.items())),
        "total": total,
        "cout_total": accepted,
        "ecart": None if accepted is None else accepted - total,
    }


def followed_to_wire(
    dossiers: Iterable[Stored], opened: Mapping[object, Opened], blocks: Mapping[str, Any], today: date
) -> Iterator[dict[str, Any]]:
    """What followed each training of which the reader may see the dates, of the jobs it may see."""
    for stored in dossiers:
        left = stored.blocks.get("dates", {}).get("sortie_le")
        if left and "dates" in opened.get(stored.dossier_id, {"blocs": ()})["blocs"]:
            for one in what_followed(left, blocks.get("emplois", ()), today):
                yield {
                    "dossier_id": stored.dossier_id,
                    "mois": one.months,
                    "le": one.on,
                    "en_emploi": one.at,
                    "emploi_trouve": one.within,
                    "durable": one.lasting,
                }


def candidate_to_wire(stored: Stored) -> dict[str, Any]:
    """What tells this dossier from another, for whoever keeps dossiers right."""
    dates = stored.blocks.get("dates", {})
    return {
        "dossier_id": stored.dossier_id,
        "financements": [
            {"financeur": file.financeur, "reference": file.reference} for file in sorted(stored.happened)
        ],
        "formation": stored.blocks.get("formation", {}),
        "debut_prevu": _day(dates.get("debut_prevu")),
        "fin_prevue": _day(dates.get("fin_prevue")),
        "doutes": [_doubt(one) for one in stored.doubts],
    }


def doubts_to_wire(found: Sequence[Stored], after: uuid.UUID, decision: str) -> dict[str, Any]:
    """A page of dossiers that may be one with another."""
    return {
        "candidats": [candidate_to_wire(one) for one in found],
        "suite": found[-1].dossier_id if found else after,
        "decision": decision,
    }


def ruled_to_wire(ruling_id: uuid.UUID, dossiers: Sequence[uuid.UUID], decision: str) -> dict[str, Any]:
    """What became of a ruling."""
    return {"ruling_id": ruling_id, "dossiers": list(dossiers), "decision": decision}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def reason_to_wire(reason: Reason, reader: str) -> dict[str, Any]:
    """Why a field has its value, as this reader may know it."""
    return {
        "champ": reason.field,
        "valeur": reason.value,
        "regle": reason.rule,
        "gagnante": _statement(reason.winner, reader),
        "autres": [_statement(one, reader) for one in reason.others],
    }


def _statement(one: Statement, reader: str) -> dict[str, Any]:
    by = one.by
    # A lot's name is its source's own words: it helps nobody else to find the line.
    own = by.source == reader
    return {
        "declaration_id": by.declaration_id,
        "source": by.source,
        "valeur": one.value,
        "effet_le": date.fromisoformat(by.effective_on),
        "dite_le": by.emise_le,
        "recue_le": by.received_at,
        "lot": by.lot if own else None,
        "ligne": by.ligne if own else None,
        "rang": one.rank,
        "remplacee": one.is_replaced,
    }

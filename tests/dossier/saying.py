"""Contributions for tests of the domain: one by one, and as many as one wants, each from one number."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.dossier.domain.contribution import Contribution, File

PERSON = uuid.UUID(int=7)
OPCO, CDC, ASP, BODY = "99000001700011", "99000002500012", "99000003300013", "99000100700014"
OTHER_OPCO, CERTIFIER, DSN, CEP = "99000004100014", "99000005800015", "99000006600016", "99000007400017"
PROFILES = {
    OPCO: "opco",
    OTHER_OPCO: "opco",
    CDC: "caisse_des_depots",
    ASP: "payeur",
    CERTIFIER: "certificateur",
    DSN: "dsn",
    CEP: "operateur_cep",
}
START = datetime(2026, 1, 1, tzinfo=UTC)


def said(
    nature: str, faits: dict[str, Any], *, by: str = OPCO, ref: str = "D1", at: float = 0, **more: Any
) -> Contribution:
    """What one source said so many days after the start."""
    file = more.pop("file", File(by, ref))
    return Contribution(
        declaration_id=more.pop("id", uuid.uuid5(PERSON, f"{nature}{faits}{by}{ref}{at}")),
        source=by,
        nature=nature,
        reference=ref,
        emise_le=START + timedelta(days=at),
        ligne=more.pop("ligne", 1),
        file=file,
        faits=faits,
        profile=more.pop("profile", PROFILES.get(by)),
        **more,
    )


def formation(begins: str = "2026-02-01", ends: str = "2026-05-01", **more: Any) -> dict[str, Any]:
    """A training at one body."""
    return {
        "intitule": "CAP Cuisine",
        "dispositif": "CPF",
        "organisme": {"siret": BODY},
        "debut_prevu": begins,
        "fin_prevue": ends,
        **more,
    }


def event(evenement: str, le: str, **more: Any) -> dict[str, Any]:
    """Something that happened on a day."""
    return {"evenement": evenement, "le": le, **more}


def paid(cents: int, nature: str = "pedagogique") -> dict[str, Any]:
    """What a funder pays."""
    return {"postes": [{"nature": nature, "montant": cents}]}


def job(begins: str, ends: str | None = None, **more: Any) -> dict[str, Any]:
    """An employment contract."""
    told = {"employeur": BODY, "numero_contrat": "1", "nature_contrat": "02", "debut": begins, **more}
    return {**told, "fin": ends} if ends else told


# --- any number of them ----------------------------------------------------------------------

_DAYS = [(START + timedelta(days=day)).date().isoformat() for day in range(0, 200, 7)]
_EVENTS = (
    *("entree", "entree", "interruption", "reprise", "sortie", "abandon", "accord", "refus", "annulation"),
    *("report", "prolongation", "contrat", "rupture", "exclusion", "service_fait"),
)
_SPEAKERS = {
    "remuneration": (ASP, OPCO),
    "certification": (CERTIFIER, CDC),
    "emploi": (DSN, OPCO),
    "accompagnement": (CEP,),
}
_NATURES = (
    *("formation", "formation", "realisation", "realisation", "realisation", "realisation", "financement"),
    *("remuneration", "certification", "emploi", "accompagnement", "suppression"),
)


class _Digits:
    """A number, spent choice by choice."""

    def __init__(self, number: int) -> None:
        self.number = number

    def of(self, choices: Any) -> Any:
        self.number, place = divmod(self.number, len(choices))
        return choices[place]


def _faits(nature: str, digits: _Digits) -> dict[str, Any]:
    day, other = sorted((digits.of(_DAYS), digits.of(_DAYS)))
    match nature:
        case "formation":
            more = digits.of(
                (
                    {},
                    {"certification": "RNCP1", "cout_total": 300},
                    {"certification": "RNCP1", "accord_le": day},
                    {"dispositif": "APPRENTISSAGE", "employeur": ASP},
                )
            )
            return formation(day, other, **more)
        case "realisation":
            name = digits.of(_EVENTS)
            more = digits.of(
                (
                    {},
                    {"motif": "abandon_stagiaire", "taux_realisation": 40, "heures_realisees": 9_000},
                    {"realisation": "totale", "taux_realisation": 40},
                    {"fin_prevue": other},
                    {"debut_prevu": other},
                    {"fin": other, "employeur": ASP},
                )
            )
            return event(name, day, **more)
        case "financement":
            return paid(digits.of((100, 200, 300)), digits.of(("pedagogique", "transport")))
        case "remuneration":
            return {"debut": day, "fin": other, "montant": digits.of((1, 2))}
        case "certification":
            return {"certification": "RNCP1", "resultat": digits.of(("obtenue", "echec")), "le": day}
        case "emploi":
            ended = digits.of(({}, {"fin": other, "motif_fin": "036"}, {"motif_fin": "099"}))
            return {**job(digits.of(_DAYS[:2]), dispositif=digits.of(("65", "99"))), **ended}
        case "accompagnement":
            return {"niveau": "2", "debut": day}
    return {}


def of_number(number: int) -> Contribution:
    """The contribution of a number: the same for the same, and every number has its own id."""
    digits = _Digits(number)
    nature = digits.of(_NATURES)
    by = digits.of(_SPEAKERS.get(nature, (OPCO, CDC, OTHER_OPCO)))
    ref = digits.of(("D1", "D2"))
    file = File(digits.of((by, by, OPCO)), ref)
    faits = _faits(nature, digits)
    return said(
        nature,
        faits,
        by=by,
        ref=ref,
        at=digits.of((0, 1, 1, 2, 3)),
        file=file,
        withdrawn=digits.of((False, False, False, False, True)),
        id=uuid.UUID(int=number),
    )


contributions = st.lists(st.integers(0, 2**63), max_size=14, unique=True).map(
    lambda numbers: [of_number(number) for number in numbers]
)

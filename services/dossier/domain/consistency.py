"""What does not hold together in a dossier: rules with a code and a gravity, each with its check.

`erreur`: one of the declarations is wrong, and its source has to say which. `alerte`: it may be so, and
somebody should look. Nothing is refused for it: the dossier is shown with what is the matter with it, and
each source is told of the declarations of its own in which it shows. A rule knows no clock: what was found is
found again until a declaration changes. Sources: `domain.md` §5.3 and §4.4 (the CERFA's rules).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from services.dossier.domain.assembling import Material
from services.dossier.domain.contribution import Contribution
from services.dossier.domain.lifecycle import NEVER_WAS, Happened, Refused
from services.dossier.domain.parcours import Anomaly, Blamed, Doubt
from services.dossier.domain.realisation import Happening
from services.reference.nomenclatures import is_dispositif_open

HOURS_A_DAY = 10
CENTS_OF_ROUNDING = 1
_YEAR = timedelta(days=366)
# CERFA: six months to fifty-four with a repeated year; three months of margin on either side.
_SHORTEST, _LONGEST, _MARGIN = timedelta(days=180), timedelta(days=1645), timedelta(days=92)

Found = tuple[str, list[tuple[Contribution, str]]]  # where in the dossier; in which declarations, and where
Gravity = Literal["erreur", "alerte"]


@dataclass(frozen=True, slots=True)
class View:
    """A dossier as the rules look at it: what it shows, who said it, and the events that had no place in
    it."""

    material: Material
    happening: Happening
    formation: dict[str, Any]
    paid: int  # cents, of all who pay
    remunerations: Sequence[Contribution]
    certificates: Sequence[Contribution]
    refused: Sequence[Refused]
    doubts: Sequence[Doubt]

    @property
    def dates(self) -> dict[str, Any]:
        """The dates that are shown."""
        return self.happening.dates

    def by(self, name: str) -> Contribution:
        """Whose a date is."""
        return self.happening.by[name]

    def day(self, name: str) -> date | None:
        """A date, where there is one."""
        return date.fromisoformat(self.dates[name]) if name in self.dates else None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its code, how grave it is, and where it finds it broken."""

    code: str
    gravity: Gravity
    check: Callable[[View], Iterator[Found]]


# --- dates ---------------------------------------------------------------------------------


def _exit_before_entry(view: View) -> Iterator[Found]:
    if {"entree_le", "sortie_le"} <= view.dates.keys() and view.dates["sortie_le"] < view.dates["entree_le"]:
        yield "dates.sortie_le", [(view.by("sortie_le"), "faits.le"), (view.by("entree_le"), "faits.le")]


def _exit_without_entry(view: View) -> Iterator[Found]:
    if "sortie_le" in view.dates and "entree_le" not in view.dates:
        yield "dates.entree_le", [(view.by("sortie_le"), "faits.evenement")]


def _said_before_it_was(view: View) -> Iterator[Found]:
    """What is told as done is told once it is done."""
    for name in ("entree_le", "sortie_le", "service_fait_le"):
        if name in view.dates and view.dates[name] > view.by(name).emise_le.date().isoformat():
            yield f"dates.{name}", [(view.by(name), "faits.le")]


def _entry_after_planned_end(view: View) -> Iterator[Found]:
    dates = view.dates
    if "entree_le" in dates and "fin_prevue" in dates and dates["entree_le"] > dates["fin_prevue"]:
        yield (
            "dates.entree_le",
            [(view.by("entree_le"), "faits.le"), (view.by("fin_prevue"), "faits.fin_prevue")],
        )


def _entry_long_before(view: View) -> Iterator[Found]:
    entered = view.day("entree_le")
    declared = view.material.of("formation")
    if entered and declared:
        first = min(one.emise_le.date() for one in declared)
        if first - entered > _YEAR:
            yield "dates.entree_le", [(view.by("entree_le"), "faits.le")]


# --- hours and what was done -----------------------------------------------------------------


def _planned_backwards(view: View) -> Iterator[Found]:
    """Nobody says so by itself; two may, of whom one tells the beginning and the other the end."""
    dates = view.dates
    if "debut_prevu" in dates and "fin_prevue" in dates and dates["fin_prevue"] < dates["debut_prevu"]:
        yield "dates.fin_prevue", [(view.by(name), f"faits.{name}") for name in ("fin_prevue", "debut_prevu")]


def _planned_hours(view: View) -> Iterator[Found]:
    begins, ends, hours = view.day("debut_prevu"), view.day("fin_prevue"), view.dates.get("heures_prevues", 0)
    if begins and ends and hours > HOURS_A_DAY * max((ends - begins).days + 1, 0):
        yield "dates.heures_prevues", [(view.by("heures_prevues"), "faits.heures_prevues")]


def _done_hours(view: View) -> Iterator[Found]:
    begins, ends, hours = view.day("entree_le"), view.day("sortie_le"), view.dates.get("heures_realisees", 0)
    if begins and ends and hours > HOURS_A_DAY * max((ends - begins).days + 1, 0):
        yield "dates.heures_realisees", [(view.by("heures_realisees"), "faits.heures_realisees")]


def _whole_or_part(view: View) -> Iterator[Found]:
    rate, done = view.dates.get("taux_realisation"), view.dates.get("realisation")
    if (done == "totale" and rate not in (None, 100)) or (done == "partielle" and rate == 100):
        yield "dates.taux_realisation", [(view.by("sortie_le"), "faits.taux_realisation")]


def _all_done_and_given_up(view: View) -> Iterator[Found]:
    dates = view.dates
    if dates.get("abandon") and (
        dates.get("taux_realisation") == 100 or dates.get("realisation") == "totale"
    ):
        yield "dates.taux_realisation", [(view.by("sortie_le"), "faits.taux_realisation")]


# --- events ----------------------------------------------------------------------------------


def _out_of_place(is_it: Callable[[Refused], bool]) -> Callable[[View], Iterator[Found]]:
    def check(view: View) -> Iterator[Found]:
        for happened in dict.fromkeys(one.happened for one in view.refused if is_it(one)):
            yield _shown_in(happened), [(view.happening.told[happened], "faits.evenement")]

    return check


def _shown_in(happened: Happened) -> str:
    return {"entree": "dates.entree_le", "service_fait": "dates.service_fait_le"}.get(
        happened.event, "dates.interruptions" if happened.event in ("interruption", "reprise") else "dates"
    )


_OVER = frozenset({"termine", "abandonne", "service_fait", "certifie"})


def _is_resumed_unstopped(one: Refused) -> bool:
    return one.happened.event == "reprise" and one.state not in _OVER | NEVER_WAS


def _is_after_the_end(one: Refused) -> bool:
    # Two exits, or an entry dated after the exit, are what other rules are about.
    return one.state in _OVER and one.happened.event not in ("entree", "annulation", "refus")


def _is_after_refusal(one: Refused) -> bool:
    return one.state in NEVER_WAS


def _is_cancelled_begun(one: Refused) -> bool:
    return one.happened.event in ("annulation", "refus") and one.state not in NEVER_WAS


def _is_done_too_early(one: Refused) -> bool:
    return one.happened.event == "service_fait" and one.state not in _OVER | NEVER_WAS


# --- money -----------------------------------------------------------------------------------


def _totals(view: View) -> set[int]:
    return {one.faits["cout_total"] for one, _ in _of_totals(view)}


def _of_totals(view: View) -> list[tuple[Contribution, str]]:
    """Who tells a total, but for whoever refused its part of it."""
    stands = {file for file, ground in view.material.grounds.items() if ground.stands}
    said = [one for one in view.material.of("formation") if one.file in stands]
    return [(one, "faits.cout_total") for one in said if "cout_total" in one.faits]


def _more_paid_than_it_costs(view: View) -> Iterator[Found]:
    totals = _totals(view)
    if len(totals) == 1 and view.paid > max(totals) + CENTS_OF_ROUNDING:
        paying = [(one, "faits.postes") for one in view.material.of("financement")]
        yield "financements", [*paying, *_of_totals(view)]


def _less_paid_than_it_costs(view: View) -> Iterator[Found]:
    totals = _totals(view)
    if len(totals) == 1 and view.paid and view.paid < min(totals) - CENTS_OF_ROUNDING:
        yield "financements", _of_totals(view)


def _two_totals(view: View) -> Iterator[Found]:
    if len(_totals(view)) > 1:
        yield "financements", _of_totals(view)


def _paid_outside(view: View) -> Iterator[Found]:
    begins, ends = view.dates.get("entree_le"), view.dates.get("sortie_le")
    for one in view.remunerations:
        if (begins and one.faits["fin"] < begins) or (ends and one.faits["debut"] > ends):
            yield "remunerations", [(one, "faits.debut")]


# --- what it leads to, and by which right ---------------------------------------------------------


def _certified_before_entry(view: View) -> Iterator[Found]:
    for one in view.certificates:
        if "entree_le" in view.dates and one.faits["le"] < view.dates["entree_le"]:
            yield "certifications", [(one, "faits.le"), (view.by("entree_le"), "faits.le")]


def _closed_dispositif(view: View) -> Iterator[Found]:
    name = "entree_le" if "entree_le" in view.dates else "debut_prevu"
    day, code = view.day(name), view.formation.get("dispositif")
    if day and code and not is_dispositif_open(code, day):
        said = [one for one in view.material.of("formation") if one.faits["dispositif"] == code]
        yield "formation.dispositif", [(one, "faits.dispositif") for one in said]


def _contract_length(view: View) -> Iterator[Found]:
    for one, begins, ends in _contracts(view):
        if not _SHORTEST <= _between(one.faits[begins], one.faits[ends]) <= _LONGEST:
            yield "dates.contrats", [(one, f"faits.{ends}")]


def _contract_beside_training(view: View) -> Iterator[Found]:
    dates = view.dates
    if not {"debut_prevu", "fin_prevue"} <= dates.keys():
        return
    for one, begins, ends in _contracts(view):
        if _between(one.faits[begins], dates["debut_prevu"]) > _MARGIN:
            yield "dates.contrats", [(one, f"faits.{begins}")]
        if _between(dates["fin_prevue"], one.faits[ends]) > _MARGIN:
            yield "dates.contrats", [(one, f"faits.{ends}")]


def _contracts(view: View) -> Iterator[tuple[Contribution, str, str]]:
    """Who tells of a contract of apprenticeship that has an end, and by which two facts."""
    if view.formation.get("dispositif") != "APPRENTISSAGE":
        return
    for one in view.material.said:
        if one.nature == "realisation" and one.faits["evenement"] == "contrat" and "fin" in one.faits:
            yield one, "le", "fin"
        elif one.nature == "formation" and "employeur" in one.faits:
            yield one, "debut_prevu", "fin_prevue"


def _between(one: str, other: str) -> timedelta:
    return date.fromisoformat(other) - date.fromisoformat(one)


def _perhaps_told_twice(view: View) -> Iterator[Found]:
    if any(doubt.cause == "meme_financeur" for doubt in view.doubts):
        yield "formation", [(one, "reference") for one in view.material.of("formation")]


RULES: tuple[Rule, ...] = (
    Rule("sortie_avant_entree", "erreur", _exit_before_entry),
    Rule("sortie_sans_entree", "alerte", _exit_without_entry),
    Rule("evenement_futur", "alerte", _said_before_it_was),
    Rule("entree_apres_fin_prevue", "alerte", _entry_after_planned_end),
    Rule("dates_prevues_inversees", "erreur", _planned_backwards),
    Rule("entree_ancienne", "alerte", _entry_long_before),
    Rule("heures_prevues_excessives", "alerte", _planned_hours),
    Rule("heures_realisees_excessives", "alerte", _done_hours),
    Rule("taux_incoherent", "alerte", _whole_or_part),
    Rule("abandon_realise_en_entier", "alerte", _all_done_and_given_up),
    Rule("reprise_sans_interruption", "erreur", _out_of_place(_is_resumed_unstopped)),
    Rule("evenement_apres_sortie", "erreur", _out_of_place(_is_after_the_end)),
    Rule("evenement_apres_refus", "erreur", _out_of_place(_is_after_refusal)),
    Rule("annulation_apres_entree", "erreur", _out_of_place(_is_cancelled_begun)),
    Rule("service_fait_sans_sortie", "alerte", _out_of_place(_is_done_too_early)),
    Rule("financements_superieurs_au_cout", "erreur", _more_paid_than_it_costs),
    Rule("financements_inferieurs_au_cout", "alerte", _less_paid_than_it_costs),
    Rule("couts_differents", "alerte", _two_totals),
    Rule("remuneration_hors_formation", "alerte", _paid_outside),
    Rule("certification_avant_entree", "alerte", _certified_before_entry),
    Rule("dispositif_ferme", "alerte", _closed_dispositif),
    Rule("duree_contrat", "alerte", _contract_length),
    Rule("contrat_hors_formation", "alerte", _contract_beside_training),
    Rule("dossier_peut_etre_en_double", "alerte", _perhaps_told_twice),
)
GRAVITY: dict[str, Gravity] = {rule.code: rule.gravity for rule in RULES}


def anomalies_of(view: View) -> Iterator[Anomaly]:
    """All that the rules find, in their order."""
    for rule in RULES:
        for path, blamed in rule.check(view):
            yield Anomaly(rule.code, path, tuple(Blamed(one.declaration_id, where) for one, where in blamed))

"""The words in which the book of lives is told and checked, over the wire.

A life is a person of whom sources speak, each under a number of its own. What a source says is a line of a
lot; what the hub makes of it is looked at in four places: the dossier, the receipts of those who spoke, what
access opens to whom, and the figures.

    opco = life.source(OPCO, "PLAN-1")                      an OPCO, and its number for this training
    opco.formation(said="2026-01-10")                       it declares the training, on that day
    entered = opco.event("entree", "2026-02-02")            … and an entry, which it says on the day itself
    life.settle()                                           everything has had its effect everywhere
    opco.is_now("en_formation", entree_le="2026-02-02")     the dossier
    entered.acknowledged("dossier_complete")                the receipt of that line
    opco.sees("formation dates")                            access: what it may read, and nothing more
    life.figures(TABLE)                                     the figures, as this life has moved them
"""

from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from services.client.hub import Hub
from services.contracts.dossier.codes import ANOMALIES
from services.contracts.errors import NotFound, Refused
from services.sample.organisations import BODIES, PARTNERS, of_profile
from tests.running import Running

OPCO, OTHER_OPCO = of_profile("opco")[:2]
REGION = of_profile("region")[0]
FRANCE_TRAVAIL = of_profile("france_travail")[0]
(CDC,) = of_profile("caisse_des_depots")
TRANSITIONS = of_profile("transitions_pro")[0]
AGEFIPH = of_profile("agefiph")[0]
ASP = of_profile("payeur")[0]
CERTIFIER = of_profile("certificateur")[0]
(DSN,) = of_profile("dsn")
CEP, OTHER_CEP = of_profile("operateur_cep")[:2]
(BUREAU,) = of_profile("bureau_identites")
AGENT = {"agent": "AGT-0412"}

# By which the book names who pays.
PAYING = {
    "OPCO": OPCO,
    "OTHER_OPCO": OTHER_OPCO,
    "REGION": REGION,
    "FRANCE_TRAVAIL": FRANCE_TRAVAIL,
    "CDC": CDC,
    "TRANSITIONS": TRANSITIONS,
    "AGEFIPH": AGEFIPH,
}
_NAME_OF = {siret: name for name, siret in PAYING.items()}
_NOT_PAID = ("refuse", "annule")
# Why each reads, where nothing else is said.
_FINALITES = {"payeur": "remuneration", "operateur_cep": "accompagnement"}
_PROFILES = {partner.siret: partner.profile for partner in PARTNERS}
_NUMBERS = count(1)


def formation(**more: Any) -> dict[str, Any]:
    """A training of four months at one body."""
    return {
        "intitule": "CAP Cuisine",
        "dispositif": "PLAN_DEVELOPPEMENT",
        "organisme": {"siret": BODIES[0]},
        "lieu": "29232",
        "certification": "RNCP38430",
        "debut_prevu": "2026-02-02",
        "fin_prevue": "2026-05-29",
        "heures_prevues": 400,
        **more,
    }


def paid(cents: int, nature: str = "pedagogique") -> dict[str, Any]:
    """What a funder pays."""
    return {"postes": [{"nature": nature, "montant": cents}]}


class Life:
    """One person, whose name nobody else has; `traits` are those that are not everybody's in the book."""

    def __init__(self, running: Running, name: str, born: str, **traits: Any) -> None:
        self.running, self.name = running, name
        self.personne = {
            "nom_naissance": name,
            "prenoms": ["Solenn"],
            "sexe": "F",
            "naissance": {"date": born, "commune": "29232"},
            **traits,
        }
        self.minutes = count()
        self._counted = _counted(running)

    def source(self, siret: str, reference: str, **traits: Any) -> "Source":
        """Somebody who speaks of this person under a number of its own, and knows it by these traits."""
        return Source(self, siret, reference, {**self.personne, **traits})

    def settle(self) -> None:
        """Wait until everything that was said has had its effect everywhere."""
        self.running.settle()

    # --- the same, for who tells and reads without a `Source` -----------------------------------

    def say(
        self, source: str, nature: str, faits: dict[str, Any] | None, *, reference: str, le: str, **more: Any
    ) -> str:
        """One source says one thing; returns the reference of its lot, of which it is line 1."""
        return self.source(source, reference).says(nature, faits, le, **more).lot

    def parcours(
        self, source: str, reference: str, finalite: str = "prise_en_charge", **at: str
    ) -> dict[str, Any]:
        """The parcours as a partner may see it."""
        return self.source(source, reference).parcours(finalite, **at)

    # --- figures --------------------------------------------------------------------------------

    def figures(self, table: str = "") -> None:
        """The figures have moved by this since the life began, and by nothing else.

        A line for each cell: month, region, dispositif, who pays (`tous`: the tables without that axis); then
        entries, persons, exits, hours, euros.
        """
        now = _counted(self.running)
        moved = {
            cell: tuple(
                there - here for there, here in zip(now[cell], self._counted.get(cell, _ZERO), strict=True)
            )
            for cell in now
        }
        found = sorted((*cell, *by) for cell, by in moved.items() if any(by))
        wanted = sorted(_row(line) for line in table.strip().splitlines() if line.strip())
        assert found == wanted, "the figures have moved otherwise"

    def counts_for_nothing(self) -> None:
        """The figures are what they were before this life."""
        self.figures("")


# What each database holds of it all, but for versions and instants: these only ever grow. A parcours of which
# nothing is left is a person who is no more.
_HELD = {
    "identity": """
        SELECT DISTINCT ON (declaration_id) declaration_id, person_id FROM decision
        ORDER BY declaration_id, version DESC
    """,
    "dossier": """
        SELECT 'dossier', dossier_id, person_id, state, blocks::text, anomalies::text, doubts::text
        FROM dossier
        UNION ALL SELECT 'parcours', NULL, person_id, digest::text, blocks::text, effects::text, digests::text
        FROM parcours WHERE effects <> '{}'
        UNION ALL SELECT 'reader', NULL, person_id, siret, (roles -> siret)::text, NULL, NULL
        FROM reader JOIN parcours USING (person_id)
    """,
    "access": "SELECT person_id, siret, role, dossier_id FROM parcours_relation",
    "reporting": """
        SELECT 'fact', dossier_id::text, to_jsonb(fact) - 'version' FROM fact WHERE NOT removed
        UNION ALL SELECT 'cell', NULL, to_jsonb(cell) FROM cell WHERE entrees + sorties + heures + cout > 0
        UNION ALL SELECT 'presence', stagiaire, to_jsonb(presence) FROM presence WHERE dossiers > 0
    """,
    "ingestion": "SELECT declaration_id, effect, dossier_id, findings::text FROM line",
}


def held(running: Running) -> dict[str, list[str]]:
    """Everything that the five databases hold."""
    return {service: sorted(map(str, running.rows(service, query))) for service, query in _HELD.items()}


_ZERO = (0, 0, 0, 0, 0)
_CELLS = """
    SELECT mois, region, dispositif, CASE WHEN by_funder THEN financeur ELSE 'tous' END,
      entrees, (SELECT count(*) FROM presence WHERE presence.dossiers > 0 AND
        (presence.by_funder, presence.region, presence.dispositif, presence.financeur, presence.mois)
        = (cell.by_funder, cell.region, cell.dispositif, cell.financeur, cell.mois)),
      sorties, heures, cout
    FROM cell
"""


def _counted(running: Running) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Every cell of the figures: entries, persons, exits, hours, cents."""
    found: dict[tuple[str, ...], tuple[int, ...]] = {}
    for mois, region, dispositif, paying, *counts in running.rows("reporting", _CELLS):
        cell = (str(mois), str(region), str(dispositif), _NAME_OF.get(str(paying), str(paying)))
        found[cell] = tuple(int(str(one)) for one in counts)
    return found


def _row(line: str) -> tuple[object, ...]:
    *cell, entries, persons, exits, hours, euros = line.split()
    return (*cell, int(entries), int(persons), int(exits), int(hours), round(float(euros) * 100))


class Source:
    """One partner who speaks of a person, and its own number for that."""

    def __init__(self, life: Life, siret: str, reference: str, personne: Mapping[str, Any]) -> None:
        self.life, self.siret, self.reference, self.personne = life, siret, reference, personne
        self.finalite = _FINALITES.get(_PROFILES[siret], "prise_en_charge")
        self.lines: list[Said] = []

    # --- what it says -----------------------------------------------------------------------

    def says(self, nature: str, faits: Mapping[str, Any] | None, said: str, **more: Any) -> "Said":
        """One declaration, in a lot of its own; of one day, what is told later is said later."""
        lot = f"VIE-{self.life.name}-{next(_NUMBERS)}"
        minute = next(self.life.minutes)
        line = {
            "nature": nature,
            "reference": self.reference,
            "emise_le": f"{said}T08:{minute:02}:00+00:00",
            "personne": self.personne,
            **({} if faits is None else {"faits": faits}),
            **more,
        }
        with self._hub() as hub:
            receipt = hub.submit(lot, [line])
        assert receipt["rejetees"] == 0, receipt["rejets"]
        self.lines.append(Said(self, lot, nature, faits or {}, more))
        return self.lines[-1]

    def formation(self, said: str, **more: Any) -> "Said":
        """The training as its funder knows it: the book's, but for what is told."""
        return self.says("formation", formation(**more), said)

    def pays(self, said: str, **cents: int) -> "Said":
        """What it pays of it, nature by nature."""
        postes = [{"nature": nature, "montant": montant} for nature, montant in cents.items()]
        return self.says("financement", {"postes": postes}, said)

    def event(self, evenement: str, on: str, said: str = "", **more: Any) -> "Said":
        """What happened, and on which day; said on that day, or later."""
        return self.says("realisation", {"evenement": evenement, "le": on, **more}, said or on)

    def remunerates(self, debut: str, fin: str, cents: int, said: str, of: "Source") -> "Said":
        """What a payer paid to the person for a period, in a funder's file."""
        faits = {"debut": debut, "fin": fin, "montant": cents}
        file = {"financeur": of.siret, "reference": of.reference}
        return self.says("remuneration", faits, said, dossier=file)

    def certifies(self, resultat: str, on: str, said: str = "", **more: Any) -> "Said":
        """The result of a jury."""
        faits = {"certification": "RNCP38430", "resultat": resultat, "le": on, **more}
        return self.says("certification", faits, said or on)

    def job(self, said: str, **faits: Any) -> "Said":
        """A contract, as the DSN tells of it."""
        return self.says("emploi", faits, said)

    def advises(self, debut: str, niveau: str = "2") -> "Said":
        """A follow-up by an operator of the CEP."""
        return self.says("accompagnement", {"niveau": niveau, "debut": debut}, debut)

    # --- the dossier ------------------------------------------------------------------------

    @property
    def dossier_id(self) -> str:
        """The dossier that its receipts name."""
        return str(self.lines[-1].receipt()["dossier_id"])

    def dossier(self, **at: str) -> dict[str, Any]:
        """Its dossier as it may see it; on a day (`au`), as known at an instant (`connu_le`)."""
        asked = {"dossier_id": self.dossier_id, "finalite": self.finalite, **at}
        return self.asks("dossier.read_dossier", **asked)

    def parcours(self, finalite: str = "", **at: str) -> dict[str, Any]:
        """The parcours of the person, as it may see it."""
        asked = {"reference": self.reference, "finalite": finalite or self.finalite, **at}
        return self.asks("dossier.read_parcours", **asked)

    def is_now(self, etat: str, *anomalies: str, **dates: Any) -> None:
        """Where its dossier stands, what is the matter with it, and these of its dates."""
        dossier = self.dossier()
        shown = dossier["blocs"].get("dates", {})
        assert dossier["etat"] == etat
        assert [one["code"] for one in dossier["anomalies"]] == list(anomalies)
        assert {name: shown.get(name) for name in dates} == dates

    def was(self, etat: str, on: str, statut: str | None = None) -> None:
        """Where its dossier stood on a day; of an apprentice, also what it was."""
        dossier = self.dossier(au=on)
        assert (dossier["etat"], dossier["statut_apprenti"]) == (etat, statut)

    def is_funded(self, **cents: int) -> None:
        """Who pays what of its dossier in all, in cents; a refused or cancelled share is none."""
        dossier = self.dossier()
        shares = [one for one in dossier["blocs"]["financements"] if one["etat"] not in _NOT_PAID]
        found: dict[str, int] = {}
        for one in shares:
            name = _NAME_OF[one["financeur"]]
            found[name] = found.get(name, 0) + one["total"]
        assert found == cents
        assert (dossier["couts"] or {"total": 0})["total"] == sum(cents.values())

    def knows_why(self, champ: str, valeur: Any, by: str, rule: str = "unanime", **others: Any) -> None:
        """Why a field has its value: whose word it is, by which rule, and what the others say."""
        asked = {"dossier_id": self.dossier_id, "finalite": self.finalite, "champ": champ}
        why = self.asks("dossier.why", **asked)
        assert (why["valeur"], why["gagnante"]["source"], why["regle"]) == (valeur, by, rule)
        against = {_NAME_OF.get(one["source"], one["source"]): one["valeur"] for one in why["autres"]}
        assert against == others

    # --- access -----------------------------------------------------------------------------

    def sees(self, blocs: str, but: str = "", finalite: str = "") -> None:
        """These blocks are open to it somewhere and have something in them; those have too, and are closed
        everywhere; and access's journal has the reading: who, why, and the dossiers that were shown."""
        parcours = self.parcours(finalite)
        shown = [parcours, *parcours["dossiers"]]
        opened = {name for one in shown for name in one["blocs"]}
        hidden = {mask["bloc"] for one in shown for mask in one["masques"]} - opened
        assert (sorted(opened), sorted(hidden & {*but.split()})) == (
            sorted(blocs.split()),
            sorted(but.split()),
        )
        chain, seq = parcours["decision"].split("-")
        columns = "siret, granted, finalite, array_to_string(dossier_ids, ' ')"
        entry = f"SELECT {columns} FROM journal WHERE chain = {chain} AND seq = {seq}"
        ((siret, granted, why, shown_ids),) = self.life.running.rows("access", entry)
        assert (siret, granted, why) == (self.siret, True, finalite or self.finalite)
        assert {*str(shown_ids).split()} == {one["dossier_id"] for one in parcours["dossiers"]}

    def may_not_read(self, because: str, finalite: str = "") -> None:
        """It spoke of the person, and has no right to read: it is told why."""
        with pytest.raises(Refused) as refusal:
            self.parcours(finalite)
        assert (refusal.value.code, refusal.value.details["motif"]) == ("lecture_refusee", because)
        assert self._last_in_journal(self.siret) == (False, because)

    def is_closed_to(self, siret: str, because: str = "no_relation", finalite: str = "") -> None:
        """To somebody else its dossier does not exist; the journal alone knows that it was asked for, and
        why it was refused."""
        asked = {"dossier_id": self.dossier_id, "finalite": finalite or _finalite_of(siret)}
        with self.life.running.hub(siret) as hub, pytest.raises(NotFound) as nothing:
            hub.call("dossier.read_dossier", asked)
        assert nothing.value.code == "dossier_introuvable"
        assert self._last_in_journal(siret) == (False, because)

    def _last_in_journal(self, siret: str) -> tuple[object, ...]:
        asked = f"SELECT granted, reason FROM journal WHERE siret = '{siret}' ORDER BY at DESC LIMIT 1"
        (entry,) = self.life.running.rows("access", asked)
        return entry

    # --- what it is told by itself ------------------------------------------------------------

    def follows_from(self) -> int:
        """The number from which its feed tells what changes from here on."""
        return int(self.asks("dossier.snapshot", finalite=self.finalite)["numero"])

    def told_since(self, number: int) -> set[tuple[str, str]]:
        """What its feed tells since, of which dossier: `ouvert`, `modifie`, `retire`."""
        with self._hub() as hub:
            pages = list(hub.changes(self.finalite, number))
        return {(one["nature"], one["dossier_id"]) for page in pages for one in page["changements"]}

    def hears(self, evenement: str, of: set[str], patience: float = 15.0) -> None:
        """It is notified, under its own reference, that this happened in these dossiers."""
        heard: set[str] = set()
        with self._hub() as hub:
            for one in hub.follow(patience):
                if (one["reference"], one["evenement"]) == (self.reference, evenement):
                    heard.add(one["dossier_id"])
                if heard >= of:
                    break
        assert heard == of

    # --- how --------------------------------------------------------------------------------

    def asks(self, method: str, **body: Any) -> dict[str, Any]:
        """Any question of its own."""
        with self._hub() as hub:
            return hub.call(method, body)

    def _hub(self) -> Hub:
        return self.life.running.hub(self.siret)


def _finalite_of(siret: str) -> str:
    return _FINALITES.get(_PROFILES[siret], "prise_en_charge")


class Said:
    """One line that a source has said, and what its receipt says of it since."""

    def __init__(
        self, source: Source, lot: str, nature: str, faits: Mapping[str, Any], more: Mapping[str, Any]
    ) -> None:
        self.source, self.lot = source, lot
        self.nature, self.faits, self._more = nature, faits, more

    def rectified(self, said: str, **changed: Any) -> "Said":
        """Its source takes the whole line back, and says this in its place."""
        more = {**self._more, "rectifie": self.named}
        return self.source.says(self.nature, {**self.faits, **changed}, said, **more)

    def taken_back(self, said: str) -> "Said":
        """Its source takes the line back, and says nothing in its place."""
        return self.source.says("suppression", None, said, **{**self._more, "rectifie": self.named})

    @property
    def named(self) -> dict[str, Any]:
        """By which its source names it."""
        return {"lot": self.lot, "ligne": 1}

    def receipt(self) -> dict[str, Any]:
        """What became of it, as its receipt has it."""
        with self.source.life.running.hub(self.source.siret) as hub:
            (line,) = hub.lines(self.lot)
        return dict(line)

    @property
    def declaration_id(self) -> str:
        """By which the identities' desk names it."""
        return str(self.receipt()["declaration_id"])

    def acknowledged(self, effet: str, *anomalies: str) -> None:
        """What it has led to, and the anomalies in which it shows, each told with what can be done."""
        line = self.receipt()
        assert (line["etat"], line["effet"]) == ("en_effet", effet)
        assert [one["code"] for one in line["constats"]] == list(anomalies)
        for one in line["constats"]:
            assert (one["message"], one["remede"]) == ANOMALIES[one["code"]]
            assert one["signale_le"] is not None

    def settled(self, *anomalies: str) -> None:
        """Nothing is the matter with it any more; these were, from an instant to another."""
        line = self.receipt()
        assert line["constats"] == []
        assert [one["code"] for one in line["constats_leves"]] == list(anomalies)
        assert all(one["signale_le"] < one["leve_le"] for one in line["constats_leves"])

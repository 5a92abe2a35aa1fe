"""Training lives: what each source says of one person, in the order in which it is said."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from services.reference.nomenclatures.communes import COMMUNES
from services.sample.organisations import BODIES, EMPLOYERS, of_profile
from services.sample.persons import Person

_COMMUNES = tuple(
    code for code, commune in COMMUNES.items() if not commune.departement.startswith(("975", "98"))
)

# intitulé, code, hours, cents an hour
_CATALOGUE = (
    ("CAP Cuisine", "RNCP38430", 420, 1100),
    ("CAP Accompagnant éducatif petite enfance", "RNCP38565", 480, 950),
    ("Titre professionnel Secrétaire assistant", "RNCP36804", 490, 1050),
    ("Titre professionnel Conducteur de transport en commun", "RNCP35316", 490, 1400),
    ("Titre professionnel Développeur web et web mobile", "RNCP37674", 700, 1300),
    ("BTS Management commercial opérationnel", "RNCP38362", 1100, 1000),
    ("BTS Comptabilité et gestion", "RNCP38329", 1100, 1000),
    ("Licence professionnelle Logistique", "RNCP30078", 550, 1200),
    ("Aide-soignant", "RNCP35830", 1540, 900),
    ("Certificat CléA", "RS5080", 80, 1500),
    ("Test d’anglais professionnel", "RS5875", 40, 2500),
    ("Permis de conduire du groupe lourd", "RS5737", 105, 2000),
    ("Création d’entreprise", None, 35, 3000),
    ("Remise à niveau en français", None, 120, 1200),
    ("Habilitation électrique", None, 14, 4500),
)

# dispositif, profile of the funder, weight (domain §6.3)
_FUNDED = (
    ("PLAN_DEVELOPPEMENT", "opco", 38),
    ("CPF", "caisse_des_depots", 25),
    ("APPRENTISSAGE", "opco", 12),
    ("PROFESSIONNALISATION", "opco", 3),
    ("PRF", "region", 8),
    ("AIF", "france_travail", 8),
    ("CPF_TRANSITION", "transitions_pro", 4),
    ("AFPR", "agefiph", 2),
)
_WEIGHTS = tuple(weight for *_, weight in _FUNDED)
# Who joins whom in a co-financed path.
_JOINED_BY = {
    "CPF": ("PLAN_DEVELOPPEMENT", "opco"),
    "PRF": ("AFPR", "agefiph"),
    "AIF": ("CPF", "caisse_des_depots"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says once. `corrects` is the key of its earlier statement that it replaces."""

    source: str
    declaration: dict[str, Any]
    key: str
    corrects: str | None = None


class Life:
    """One person's life, told by its sources."""

    def __init__(self, random: Random, person: Person, begins: date, today: date) -> None:
        self.random, self.person, self.begins, self.today = random, person, begins, today
        self.said = 0

    def statements(self) -> list[Statement]:
        """Everything said until today, in the order in which it is said."""
        told = [*self._followed(), *self._trained()]
        if self.random.random() < 0.25:
            self.begins += timedelta(days=self.random.randint(200, 400))
            told += self._trained()
        until = datetime.combine(self.today, time(), UTC)
        heard = [one for one in told if datetime.fromisoformat(one.declaration["emise_le"]) <= until]
        return sorted(heard, key=lambda one: one.declaration["emise_le"])

    def _say(
        self, source: str, nature: str, reference: str, on: date, faits: dict[str, Any] | None, **more: Any
    ) -> Statement:
        self.said += 1
        knows_nir = nature not in ("certification", "accompagnement") or self.random.random() < 0.3
        emitted = datetime.combine(on, time(8, self.said % 60, self.random.randrange(60)), UTC)
        corrects = more.pop("corrects", None)
        declaration: dict[str, Any] = {
            "nature": nature,
            "reference": reference,
            "emise_le": emitted.isoformat(),
            "personne": self.person.traits(with_nir=knows_nir),
            **more,
        }
        if faits is not None:
            declaration["faits"] = faits
        return Statement(source, declaration, f"{self.person.number}/{self.said}", corrects)

    def _followed(self) -> Iterator[Statement]:
        if self.random.random() < 0.15:
            operator = self.random.choice(of_profile("operateur_cep"))
            on = self.begins - timedelta(days=self.random.randint(10, 90))
            faits = {"niveau": self.random.choice("12"), "debut": on.isoformat()}
            yield self._say(operator, "accompagnement", f"CEP-{self.person.number}", on, faits)

    def _trained(self) -> Iterator[Statement]:
        random = self.random
        dispositif, profile, _ = random.choices(_FUNDED, _WEIGHTS)[0]
        funder = random.choice(of_profile(profile))
        begins = self.begins + timedelta(days=random.randint(0, 20))
        title, code, hours, price = random.choice(_CATALOGUE)
        ends = begins + timedelta(days=max(2, int(hours / (3.5 if hours > 600 else 5))))
        reference = f"{dispositif[:4]}-{self.begins:%y}-{self.person.number:07d}-{self.said}"
        faits: dict[str, Any] = {
            "intitule": title,
            "dispositif": dispositif,
            "organisme": {"siret": random.choice(BODIES)},
            "lieu": random.choice(_COMMUNES),
            "modalite": random.choice(("presentiel", "presentiel", "mixte", "a_distance")),
            "accord_le": (begins - timedelta(days=15)).isoformat(),
            "debut_prevu": begins.isoformat(),
            "fin_prevue": ends.isoformat(),
            "heures_prevues": hours,
        }
        if code:
            faits["certification"] = code
        agreed = begins - timedelta(days=14)
        first = self._say(funder, "formation", reference, agreed, faits)
        yield first
        yield from self._funded(funder, reference, agreed, hours * price)
        if dispositif in _JOINED_BY and random.random() < 0.3:
            yield from self._joined(_JOINED_BY[dispositif], reference, agreed, faits, hours * price // 4)
        if random.random() < 0.04:
            # Postponed by a week: the funder says it anew, or corrects the line itself.
            postponed = {**faits, "fin_prevue": (ends + timedelta(days=7)).isoformat()}
            corrects = first.key if random.random() < 0.5 else None
            again = self._say(
                funder, "formation", reference, agreed + timedelta(days=5), postponed, corrects=corrects
            )
            yield again
        if random.random() < 0.01:
            yield self._say(
                funder, "suppression", reference, agreed + timedelta(days=6), None, corrects=first.key
            )
            return
        yield from self._happened(funder, reference, begins, ends, faits)

    def _funded(self, funder: str, reference: str, on: date, cents: int) -> Iterator[Statement]:
        postes = [{"nature": "pedagogique", "montant": cents}]
        if self.random.random() < 0.2:
            postes.append({"nature": "transport", "montant": self.random.randint(20, 400) * 100})
        faits = {"postes": postes, "accord_le": on.isoformat()}
        yield self._say(funder, "financement", reference, on, faits)

    def _joined(
        self, by: tuple[str, str], reference: str, on: date, faits: dict[str, Any], cents: int
    ) -> Iterator[Statement]:
        dispositif, profile = by
        funder = self.random.choice(of_profile(profile))
        own = f"CO-{reference}"
        yield self._say(funder, "formation", own, on + timedelta(days=1), {**faits, "dispositif": dispositif})
        yield from self._funded(funder, own, on + timedelta(days=1), cents)

    def _happened(
        self, funder: str, reference: str, begins: date, ends: date, faits: dict[str, Any]
    ) -> Iterator[Statement]:
        random = self.random
        dossier = {"financeur": funder, "reference": reference}

        def event(kind: str, day: date, **more: Any) -> Statement:
            late = random.randint(30, 120) if random.random() < 0.05 else random.randint(0, 3)
            told = {"evenement": kind, "le": day.isoformat(), **more}
            return self._say(funder, "realisation", reference, day + timedelta(days=late), told)

        yield event("entree", begins)
        half = begins + (ends - begins) / 2
        if random.random() < 0.06 and (ends - begins).days > 30:
            yield event("interruption", half, motif="maladie")
            yield event("reprise", half + timedelta(days=10))
        if faits["dispositif"] in ("PRF", "AIF"):
            payer = random.choice(of_profile("payeur"))
            paid = {"debut": begins.isoformat(), "fin": half.isoformat(), "montant": 68_500}
            on = half + timedelta(days=3)
            yield self._say(payer, "remuneration", f"R-{reference}", on, paid, dossier=dossier)
        if random.random() < 0.08:
            taux = random.randint(10, 80)
            hours = faits["heures_prevues"] * taux // 100
            yield event(
                "abandon", half, motif="abandon_stagiaire", heures_realisees=hours, taux_realisation=taux
            )
            return
        hours = faits["heures_prevues"]
        yield event("sortie", ends, motif="fin_normale", heures_realisees=hours, taux_realisation=100)
        yield from self._after(ends, faits)

    def _after(self, ends: date, faits: dict[str, Any]) -> Iterator[Statement]:
        random = self.random
        if "certification" in faits and random.random() < 0.85:
            on = ends + timedelta(days=random.randint(5, 40))
            body = of_profile("certificateur")[int(faits["certification"][-1]) % 3]
            got = {
                "certification": faits["certification"],
                "resultat": random.choices(("obtenue", "partielle", "echec"), (80, 12, 8))[0],
                "le": on.isoformat(),
            }
            yield self._say(body, "certification", f"JURY-{self.person.number}-{self.said}", on, got)
        if random.random() < 0.4:
            on = ends + timedelta(days=random.randint(20, 160))
            contract = {
                "employeur": random.choice(EMPLOYERS),
                "numero_contrat": f"{self.person.number % 10**6:06d}",
                "nature_contrat": random.choices(("01", "02", "03"), (4, 5, 1))[0],
                "debut": on.isoformat(),
            }
            declared = on + timedelta(days=random.randint(5, 35))
            yield self._say(
                of_profile("dsn")[0], "emploi", f"DSN-{self.person.number}-{self.said}", declared, contract
            )


def corrected(statement: Statement, lot: str, ligne: int) -> Statement:
    """The statement with the line that it replaces."""
    return replace(statement, declaration={**statement.declaration, "rectifie": {"lot": lot, "ligne": ligne}})

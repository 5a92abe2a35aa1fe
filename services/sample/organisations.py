"""Organisations that do not exist, with valid SIRETs: partners and rights, training bodies, employers."""

from dataclasses import dataclass
from typing import Any

_ALL = ("formation", "dates", "financements", "remunerations", "certifications")
_FOLLOWED = ("formation", "dates", "certifications", "emplois", "accompagnements")


def _control(digits: str) -> str:
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in digits[-1::-2])
    return str(-(doubled + sum(map(int, digits[-2::-2]))) % 10)


def siret(number: int) -> str:
    """The SIRET of fictitious organisation number so many: SIREN in 99, head office."""
    siren = f"99{number:06d}"
    siren += _control(siren)
    nic = siren + "0001"
    return nic + _control(nic)


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner of the hub."""

    siret: str
    nom: str
    profile: str

    def registration(self) -> dict[str, Any]:
        """What `access.register` is told of it."""
        return {
            "siret": self.siret,
            "nom": self.nom,
            "profile": self.profile,
            "habilitations": [
                {
                    "service": service,
                    "finalite": finalite,
                    "perimetre": perimetre,
                    "blocs": list(blocs),
                    "base_legale": base,
                    "valid_from": "2024-01-01",
                    "valid_until": "2029-12-31",
                }
                for service, finalite, perimetre, blocs, base in _RIGHTS.get(self.profile, ())
            ],
        }


_FUNDER = (
    ("dossier", "prise_en_charge", "dossiers_finances", _ALL, "R.6323-35 II"),
    ("identity", "prise_en_charge", "personnes_financees", (), "R.6323-35 II"),
)
_ADVISER = (
    ("dossier", "accompagnement", "personnes_accompagnees", _FOLLOWED, "R.6323-35 III"),
    ("identity", "accompagnement", "personnes_accompagnees", (), "R.6323-35 III"),
)
_RIGHTS: dict[str, tuple[tuple[str, str, str | None, tuple[str, ...], str], ...]] = {
    "opco": _FUNDER,
    "transitions_pro": _FUNDER,
    "agefiph": _FUNDER,
    "caisse_des_depots": _FUNDER,
    "region": (*_FUNDER, ("dossier", "suivi", "dossiers_finances", ("formation", "dates"), "L.6353-10")),
    "france_travail": (*_FUNDER, *_ADVISER),
    "payeur": (
        ("dossier", "remuneration", "dossiers_payes", ("formation", "dates", "remunerations"), "L.6341-1"),
    ),
    "operateur_cep": _ADVISER,
    "ministere": (("reporting", "pilotage", None, (), "R.6323-36"),),
    "bureau_identites": (
        ("identity", "gestion_identites", None, (), "R.6323-32"),
        ("identity", "droits_personne", None, (), "R.6323-35 I"),
        ("dossier", "gestion_dossiers", None, (), "R.6323-32"),
    ),
}

_NAMED: tuple[tuple[str, str], ...] = (
    *(
        ("opco", f"OPCO fictif {name}")
        for name in (
            *("culture", "services", "conseil", "construction", "commerce", "agriculture", "industrie"),
            *("proximité", "mobilités", "santé", "cohésion sociale"),
        )
    ),
    *(("region", f"Région fictive {name}") for name in ("du Nord", "du Sud", "de l’Ouest")),
    ("france_travail", "France Travail (fictif)"),
    ("caisse_des_depots", "Caisse des Dépôts (fictive)"),
    ("transitions_pro", "Transitions Pro fictive du Nord"),
    ("transitions_pro", "Transitions Pro fictive du Sud"),
    ("agefiph", "Agefiph (fictive)"),
    ("payeur", "ASP (fictive)"),
    ("payeur", "Docaposte (fictif)"),
    *(("certificateur", f"Certificateur fictif {number}") for number in (1, 2, 3)),
    ("dsn", "Point de dépôt DSN fictif"),
    *(("operateur_cep", f"Opérateur CEP fictif {number}") for number in (1, 2)),
    ("ministere", "Ministère (fictif)"),
    ("bureau_identites", "Bureau des identités (fictif)"),
)

PARTNERS: tuple[Partner, ...] = tuple(
    Partner(siret(number), nom, profile) for number, (profile, nom) in enumerate(_NAMED, start=1)
)
BODIES: tuple[str, ...] = tuple(siret(number) for number in range(1000, 1120))
EMPLOYERS: tuple[str, ...] = tuple(siret(number) for number in range(2000, 2400))


def of_profile(profile: str) -> tuple[str, ...]:
    """The SIRETs of the partners with this profile."""
    return tuple(partner.siret for partner in PARTNERS if partner.profile == profile)

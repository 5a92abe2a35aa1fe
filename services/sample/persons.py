"""Persons who do not exist: civil status, birthplace and NIR that belong together.

Orders of 900 and more in the NIR keep clear of most real ones.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from services.reference.nomenclatures.communes import COMMUNES
from services.reference.nomenclatures.pays import PAYS

_COMMUNES = tuple(COMMUNES)
_PAYS = tuple(code for code, pays in PAYS.items() if pays.valid_until is None)
_CORSICA_SPLIT = date(1976, 1, 1)

_FIRST_NAMES = {
    "F": [
        "Marie",
        "Nathalie",
        "Isabelle",
        "Sylvie",
        "Catherine",
        "Sandrine",
        "Stéphanie",
        "Céline",
        "Julie",
        "Aurélie",
        "Émilie",
        "Laura",
        "Camille",
        "Léa",
        "Manon",
        "Chloé",
        "Inès",
        "Sarah",
        "Fatima",
        "Aminata",
        "Anaïs",
        "Élodie",
        "Zoé",
        "Lucie",
        "Jeanne",
        "Océane",
        "Mélanie",
        "Audrey",
        "Hélène",
        "Marie-Laure",
        "Anne-Sophie",
        "Maëlle",
        "Noémie",
        "Gwenaëlle",
        "Yasmine",
        "Khadija",
        "Mariama",
        "Thi-Lan",
        "Ophélie",
        "Solène",
    ],  # a list of names
    "M": [
        "Jean",
        "Philippe",
        "Michel",
        "Pierre",
        "Alain",
        "Christophe",
        "Nicolas",
        "Julien",
        "Sébastien",
        "Frédéric",
        "Kévin",
        "Thomas",
        "Alexandre",
        "Lucas",
        "Hugo",
        "Théo",
        "Enzo",
        "Mathis",
        "Mohamed",
        "Karim",
        "Mamadou",
        "Yanis",
        "Rayan",
        "Loïc",
        "François",
        "Gaël",
        "Jérôme",
        "Benoît",
        "Cédric",
        "Jean-Pierre",
        "Jean-Noël",
        "Éric",
        "Noël",
        "Maël",
        "Ousmane",
        "Ibrahim",
        "Minh",
        "Tristan",
        "Yves",
        "Aurélien",
    ],  # a list of names
}
_NAMES = [
    "Martin",
    "Bernard",
    "Thomas",
    "Petit",
    "Robert",
    "Richard",
    "Durand",
    "Dubois",
    "Moreau",
    "Laurent",
    "Simon",
    "Michel",
    "Lefebvre",
    "Leroy",
    "Roux",
    "David",
    "Bertrand",
    "Morel",
    "Fournier",
    "Girard",
    "Bonnet",
    "Dupont",
    "Lambert",
    "Fontaine",
    "Rousseau",
    "Vincent",
    "Muller",
    "Lefèvre",
    "Faure",
    "André",
    "Mercier",
    "Blanc",
    "Guérin",
    "Boyer",
    "Garnier",
    "Chevalier",
    "François",
    "Legrand",
    "Gauthier",
    "Garcia",
    "Perrin",
    "Robin",
    "Clément",
    "Morin",
    "Nicolas",
    "Henry",
    "Roussel",
    "Mathieu",
    "Gautier",
    "Masson",
    "Marchand",
    "Duval",
    "Denis",
    "Dumont",
    "Marie",
    "Lemaire",
    "Noël",
    "Meyer",
    "Dufour",
    "Meunier",
    "Brun",
    "Blanchard",
    "Giraud",
    "Joly",
    "Rivière",
    "Lucas",
    "Brunet",
    "Gaillard",
    "Barbier",
    "Arnaud",
    "Martinez",
    "Gérard",
    "Roche",
    "Renard",
    "Schmitt",
    "Roy",
    "Leroux",
    "Colin",
    "Vidal",
    "Caron",
    "Picard",
    "Roger",
    "Fabre",
    "Aubert",
    "Lemoine",
    "Renaud",
    "Dumas",
    "Lacroix",
    "Olivier",
    "Philippe",
    "Bourgeois",
    "Pierre",
    "Benoît",
    "Rey",
    "Leclerc",
    "Payet",
    "Rolland",
    "Leclercq",
    "Guillaume",
    "Lecomte",
    "López",
    "Jean",
    "Dupuy",
    "Guillot",
    "Hubert",
    "Berger",
    "Carpentier",
    "Sánchez",
    "Dupuis",
    "Moulin",
    "Louis",
    "Deschamps",
    "Huet",
    "Vasseur",
    "Pérez",
    "Boucher",
    "Fleury",
    "Royer",
    "Klein",
    "Jacquet",
    "Adam",
    "Paris",
    "Poirier",
    "Marty",
    "Aubry",
    "Guyot",
    "Carré",
    "Charles",
    "Renault",
    "Charpentier",
    "Ménard",
    "Maillard",
    "Baron",
    "Bertin",
    "Bailly",
    "Hervé",
    "Schneider",
    "Fernandez",
    "Collet",
    "Léger",
    "Bouvier",
    "Julien",
    "Prévost",
    "Millet",
    "Perrot",
    "Daniel",
    "Cousin",
    "Germain",
    "Breton",
    "Rémy",
    "Besson",
    "Lévêque",
    "Diallo",
    "Traoré",
    "Nguyen",
    "Benali",
    "Haddad",
    "Kaya",
    "Costa",
    "Ferreira",
]  # a list of names
_COMPOUND = (
    "Le Goff",
    "De La Tour",
    "D'Angelo",
    "Saint-Martin",
    "Da Silva",
    "Ben Amor",
    "Le Bras",
    "N'Diaye",
)


@dataclass(frozen=True, slots=True)
class Person:
    """One person, as everybody who knows it well knows it."""

    number: int
    nir: str
    nom_naissance: str
    nom_usage: str | None
    prenoms: tuple[str, ...]
    sexe: str
    born: date
    commune: str | None
    pays: str | None

    def traits(self, *, with_nir: bool) -> dict[str, Any]:
        """The person as a source declares it."""
        place = {"commune": self.commune} if self.commune else {"pays": self.pays}
        traits: dict[str, Any] = {
            "nom_naissance": self.nom_naissance,
            "prenoms": list(self.prenoms),
            "sexe": self.sexe,
            "naissance": {"date": self.born.isoformat(), **place},
        }
        if with_nir:
            traits["nir"] = self.nir
        if self.nom_usage:
            traits["nom_usage"] = self.nom_usage
        return {**traits, "adresse": self.adresse}

    @property
    def adresse(self) -> dict[str, str]:
        """Where the person lives: a town, and a postcode of its département."""
        home = COMMUNES[_COMMUNES[self.number * 7919 % len(_COMMUNES)]]
        departement = "20" if home.code[:2] in ("2A", "2B") else home.code[:2]
        return {"code_postal": f"{departement}{home.code[-3:-1]}0", "commune": home.nom}


def person(random: Random, number: int, today: date) -> Person:
    """Person number so many, of working age on this day."""
    sexe = random.choice("FM")
    born = today - timedelta(days=random.randint(17 * 365, 62 * 365))
    abroad = random.random() < 0.12
    commune = None if abroad else random.choice(_COMMUNES)
    pays = random.choice(_PAYS) if abroad else None
    name = _surname(random)
    married = sexe == "F" and born.year < today.year - 26 and random.random() < 0.35
    return Person(
        number=number,
        nir=_nir(sexe, born, commune or pays or "", number),
        nom_naissance=name,
        nom_usage=_surname(random) if married else None,
        prenoms=tuple(random.sample(_FIRST_NAMES[sexe], random.choice((1, 1, 2, 3)))),
        sexe=sexe,
        born=born,
        commune=commune,
        pays=pays,
    )


def _surname(random: Random) -> str:
    draw = random.random()
    if draw < 0.05:
        return random.choice(_COMPOUND)
    if draw < 0.10:
        return "-".join(random.sample(_NAMES, 2))
    # The square gives the first names of the list their weight.
    return _NAMES[int(random.random() ** 2 * len(_NAMES))]


def _nir(sexe: str, born: date, place: str, number: int) -> str:
    if place[:2] in ("2A", "2B") and born < _CORSICA_SPLIT:
        place = f"20{place[2:]}"
    return f"{'1' if sexe == 'M' else '2'}{born:%y%m}{place}{900 + number % 100:03d}"

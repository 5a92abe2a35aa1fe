"""Persons as sources tell them: traits that come wrong, as fingers, ears, scanners and forms make them.

Not `faults`, which make a line that is refused: what is told here is well-formed and only not quite true.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from services.reference.nomenclatures.communes import COMMUNES
from services.sample.persons import Person, person

Told = dict[str, str]
Slip = Callable[[Random, str], str]

# Endings and beginnings by which a surname nobody else has can be made.
_STEMS = ("Bar", "Cam", "Dev", "Esc", "Fau", "Gré", "Jou", "Kerv", "Lam", "Mar", "Nov", "Pel", "Quen", "Ros")
_MIDDLES = ("a", "e", "i", "o", "ou", "an", "on", "ar", "er", "il", "at", "ign", "ell", "ouss")
_JOINTS = ("ch", "d", "g", "lv", "m", "nt", "r", "rb", "s", "tr", "v", "z")
_ENDS = (
    "eau",
    "et",
    "in",
    "ier",
    "ac",
    "ot",
    "ard",
    "ez",
    "ski",
    "oux",
    "aud",
    "ec",
    "elle",
    "on",
    "y",
    "as",
)
_BESIDE = {"a": "qzs", "e": "zrd", "i": "uo", "o": "ip", "u": "yi", "n": "b", "m": "l", "t": "ry", "r": "et"}
_SOUNDS = (
    ("ph", "f"),
    ("eau", "o"),
    ("aud", "o"),
    ("ss", "s"),
    ("qu", "k"),
    ("y", "i"),
    ("tt", "t"),
    ("ll", "l"),
)
_SCANS = (("m", "rn"), ("l", "1"), ("o", "0"), ("i", "l"), ("b", "6"), ("cl", "d"), ("u", "v"))


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source tells of a person, in the words of the declaration, and who that is."""

    number: int
    told: Told


def statements(
    persons: int,
    *,
    seed: int = 1,
    faulty: float = 0.1,
    with_home: bool = False,
    today: date = date(2026, 6, 30),
) -> list[Statement]:
    """One to six statements of each person, shuffled, without NIR; `faulty` is the share of traits that come
    wrong. The same for the same arguments."""
    random = Random(seed)
    told = [
        Statement(number, _slipped(random, truth, faulty))
        for number in range(persons)
        for truth in _repeated(random, number, with_home, today)
    ]
    random.shuffle(told)
    return told


def one_statement(
    of_person: Random, of_source: Random, number: int, faulty: float, today: date
) -> tuple[Told, str | None]:
    """What one source tells of one person, and the NIR; the person is the same for the same first chance."""
    who = _who(of_person, number, today)
    return _slipped(of_source, _told(who), faulty), who.nir


def _who(random: Random, number: int, today: date) -> Person:
    who = person(random, number, today)
    if random.random() < 0.5:
        # Some 50,000 names: of a country's surnames most are borne by few.
        within = random.choice(_MIDDLES) + random.choice(_JOINTS) if random.random() < 0.8 else ""
        rare = random.choice(_STEMS) + within + random.choice(_MIDDLES) + random.choice(_ENDS)
        who = replace(who, nom_naissance=rare)
    return who


def _repeated(random: Random, number: int, with_home: bool, today: date) -> Iterator[Told]:
    who = _who(random, number, today)
    home = random.choice(tuple(COMMUNES.values())) if with_home else None
    for _ in range(random.choices((1, 2, 3, 4, 5, 6), (30, 25, 20, 12, 8, 5))[0]):
        told = _told(who)
        if home is not None:
            told |= {
                "commune": home.nom,
                "code_postal": f"{home.code[:2].replace('2A', '20')}{home.code[-3:-1]}0",
            }
        yield told


def _told(who: Person) -> Told:
    return {
        "nom_naissance": who.nom_naissance,
        "nom_usage": who.nom_usage or "",
        "prenoms": ", ".join(who.prenoms),
        "sexe": who.sexe,
        "date_naissance": who.born.isoformat(),
        "lieu_naissance": who.commune or who.pays or "",
    }


def _slipped(random: Random, told: Told, faulty: float) -> Told:
    slipped = dict(told)
    for trait, slips in _SLIPS.items():
        if slipped.get(trait) and random.random() < faulty:
            chosen, _ = random.choices(slips, [weight for _, weight in slips])[0]
            slipped[trait] = chosen(random, slipped[trait])
    if random.random() < faulty / 5:
        slipped["nom_naissance"], slipped["prenoms"] = slipped["prenoms"], slipped["nom_naissance"]
    if slipped["nom_usage"] and random.random() < 0.3:
        slipped["nom_usage"] = ""  # not every source asks for it
        if random.random() < faulty:
            slipped["nom_naissance"] = told["nom_usage"]  # and some ask for one name only
    return slipped


def _typed(random: Random, text: str) -> str:
    """One letter too many, too few, another, or two exchanged."""
    at = random.randrange(len(text))
    beside = random.choice(_BESIDE.get(text[at].lower(), "aeinst"))
    match random.randrange(4):
        case 0:
            return text[:at] + beside + text[at:]
        case 1:
            return text[:at] + text[at + 1 :] or text
        case 2:
            return text[:at] + beside + text[at + 1 :]
        case _:
            return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


def _replaced(pairs: tuple[tuple[str, str], ...]) -> Slip:
    def slip(random: Random, text: str) -> str:
        lower = text.lower()
        found = [(old, new) for old, new in pairs if old in lower]
        if not found:
            return _typed(random, text)
        old, new = random.choice(found)
        return lower.replace(old, new, 1)

    return slip


def _cut(random: Random, text: str) -> str:
    return text[: max(3, len(text) - random.randint(1, 5))]


def _part(random: Random, text: str) -> str:
    """One of several names, or of a compound; of one alone, a letter."""
    parts = text.replace("-", " ").replace(",", " ").split()
    return random.choice(parts) if len(parts) > 1 else _typed(random, text)


def _initial(_: Random, text: str) -> str:
    return f"{text[0]}."


def _missing(_: Random, __: str) -> str:
    return ""


def _digit(random: Random, text: str) -> str:
    at = random.choice([at for at, letter in enumerate(text) if letter.isdigit()])
    return text[:at] + random.choice("0123456789") + text[at + 1 :]


def _exchanged(_: Random, day: str) -> str:
    return f"{day[:5]}{day[8:]}-{day[5:7]}" if day[8:] <= "12" else day


def _partial(random: Random, day: str) -> str:
    return f"{day[:7]}-00" if random.random() < 0.7 else f"{day[:4]}-00-00"


def _new_year(_: Random, day: str) -> str:
    return f"{day[:4]}-01-01"


def _another_year(random: Random, day: str) -> str:
    return f"{int(day[:4]) + random.choice((-10, -1, 1, 10))}{day[4:]}"


def _neighbour(random: Random, place: str) -> str:
    near = [code for code in COMMUNES if code[:2] == place[:2] and code != place]
    return random.choice(near) if near else ""


def _label(_: Random, place: str) -> str:
    return COMMUNES[place].nom.upper() if place in COMMUNES else place


def _other_sex(_: Random, sex: str) -> str:
    return "F" if sex == "M" else "M"


_NAMES: list[tuple[Slip, int]] = [
    (_typed, 8),
    (_replaced(_SOUNDS), 4),
    (_replaced(_SCANS), 2),
    (_cut, 2),
    (_part, 3),
    (_missing, 1),
]
_SLIPS: dict[str, list[tuple[Slip, int]]] = {
    "nom_naissance": _NAMES,
    "nom_usage": _NAMES,
    "prenoms": [*_NAMES, (_initial, 2)],
    "sexe": [(_other_sex, 1), (_missing, 4)],
    "date_naissance": [
        (_digit, 6),
        (_exchanged, 3),
        (_partial, 2),
        (_new_year, 1),
        (_another_year, 2),
        (_missing, 2),
    ],
    "lieu_naissance": [(_neighbour, 4), (_label, 4), (_digit, 2), (_missing, 4)],
    "code_postal": [(_digit, 4), (_missing, 3)],
    "commune": [*_NAMES],
}

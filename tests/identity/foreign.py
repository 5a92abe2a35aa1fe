"""Files that resemble none of ours: other languages, other faults, other shares of persons told of again.

Generated, the same each time, and for nothing but to see that what is learned without labels holds elsewhere.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from services.identity.domain.evaluating import Lines
from services.identity.domain.records import read_record

Told = dict[str, str]
Fault = Callable[[Random, str], str]

_SCANNED = {"o": "0", "l": "1", "i": "l", "s": "5", "b": "6", "e": "c", "m": "rn", "u": "v"}
_HEARD = (("ck", "k"), ("y", "i"), ("ph", "f"), ("th", "t"), ("ss", "s"), ("v", "w"), ("c", "k"), ("ii", "i"))


@dataclass(frozen=True, slots=True)
class Country:
    """What names are made of, and how a file of it comes about. `copies` is how many records a person has,
    `faulty` the share of traits that come wrong, `missing` that of those that are left out."""

    beginnings: Sequence[str]
    middles: Sequence[str]
    ends: Sequence[str]
    first_names: Sequence[str]
    towns: Sequence[tuple[str, str]]
    persons: int
    copies: Callable[[Random], int]
    faults: Sequence[Fault]
    faulty: float = 0.12
    missing: float = 0.05
    married: float = 0.0


def typed(random: Random, text: str) -> str:
    """A letter more, less, or another."""
    at = random.randrange(len(text))
    return text[:at] + random.choice(("", text[at] * 2, random.choice("aeinrst"))) + text[at + 1 :]


def scanned(random: Random, text: str) -> str:
    """A letter that a machine took for another."""
    found = [at for at, letter in enumerate(text) if letter in _SCANNED]
    at = random.choice(found) if found else -1
    return text if at < 0 else text[:at] + _SCANNED[text[at]] + text[at + 1 :]


def heard(random: Random, text: str) -> str:
    """Written as it is said."""
    found = [(old, new) for old, new in _HEARD if old in text]
    return text.replace(*random.choice(found), 1) if found else typed(random, text)


def cut(random: Random, text: str) -> str:
    """The first letters, as a narrow field holds them."""
    return text[: random.randint(4, 8)]


def file_of(country: Country, seed: int) -> tuple[Lines, dict[Hashable, Hashable]]:
    """The records of one file, in no order, and whose each is."""
    random = Random(seed)
    rows = [
        (number, _spoiled(random, country, person))
        for number, person in enumerate(_persons(random, country))
        for _ in range(country.copies(random))
    ]
    random.shuffle(rows)
    lines = [(at, read_record(told)) for at, (_, told) in enumerate(rows)]
    return lines, {at: number for at, (number, _) in enumerate(rows)}


def _persons(random: Random, country: Country) -> Iterator[Told]:
    weights = [1 / (1 + at) for at in range(len(country.towns))]
    for _ in range(country.persons):
        postcode, town = random.choices(country.towns, weights)[0]
        yield {
            "nom_naissance": _surname(random, country),
            "prenoms": random.choice(country.first_names),
            "date_naissance": f"{random.randint(1940, 2007)}-{random.randint(1, 12):02d}"
            f"-{random.randint(1, 28):02d}",
            "code_postal": postcode,
            "commune": town,
        }


def _surname(random: Random, country: Country) -> str:
    parts = (country.beginnings, country.middles, country.ends)
    return "".join(random.choice(part) for part in parts)


def _spoiled(random: Random, country: Country, person: Told) -> Told:
    told = dict(person)
    if random.random() < country.married:
        told["nom_naissance"] = _surname(random, country)
    for trait, text in told.items():
        if random.random() < country.missing:
            told[trait] = ""
        elif random.random() < country.faulty:
            wrong = _another_digit if text[0].isdigit() else random.choice(country.faults)
            told[trait] = wrong(random, text)
    return told


def _another_digit(random: Random, text: str) -> str:
    at = random.choice([at for at, letter in enumerate(text) if letter.isdigit()])
    return text[:at] + random.choice("0123456789") + text[at + 1 :]


def _few(random: Random) -> int:
    return random.choices((1, 2, 3, 4), (45, 30, 15, 10))[0]


def _hardly_ever_again(random: Random) -> int:
    return 1 + (random.random() < 0.03)


def _towns(names: str, first: int, step: int) -> list[tuple[str, str]]:
    return [(f"{first + step * at:05d}", name) for at, name in enumerate(names.split())]


POLISH = Country(
    ("kowal", "nowa", "wisn", "zielin", "wojcie", "maj", "kamin", "lewand", "szyman", "dabrow", "gra", "rut"),
    ("", "cz", "kow", "ew", "ow", "icz"),
    ("ski", "ska", "ak", "yk", "ewski", "iak"),
    [
        "jan",
        "anna",
        "piotr",
        "katarzyna",
        "krzysztof",
        "malgorzata",
        "andrzej",
        "agnieszka",
        "tomasz",
        "barbara",
        "pawel",
        "ewa",
    ],
    _towns(
        "krakow lodz wroclaw poznan gdansk szczecin lublin bytom radom torun opole kielce plock", 10115, 613
    ),
    persons=350,
    copies=_few,
    faults=(scanned, scanned, typed),
    missing=0.15,
)
ENGLISH = Country(
    ("black", "white", "ash", "brad", "hart", "clif", "thorn", "wood", "mill", "green", "stan", "whit"),
    ("", "ing", "er"),
    ("ford", "ton", "ley", "wood", "well", "by", "field"),
    [
        "oliver",
        "amelia",
        "jack",
        "olivia",
        "harry",
        "emily",
        "jacob",
        "jessica",
        "charlie",
        "lily",
        "thomas",
        "sophie",
        "george",
        "ruby",
    ],
    _towns("leeds york bath derby hull poole stoke luton crewe dover ripon wells truro ely", 2100, 37),
    persons=350,
    copies=_few,
    faults=(typed, heard, cut),
    married=0.08,
)
# Towns of which the postcodes are a slip apart, and hardly anybody who is told of twice.
FINNISH = Country(
    (
        "virta",
        "korho",
        "makine",
        "niemi",
        "laiti",
        "heikki",
        "koski",
        "jarvi",
        "lehto",
        "salo",
        "ranta",
        "aho",
    ),
    ("", "la", "ne", "nie", "ka"),
    ("nen", "la", "mi", "ri"),
    [
        "matti",
        "maria",
        "timo",
        "helena",
        "juha",
        "anneli",
        "kari",
        "johanna",
        "antti",
        "kaarina",
        "mikko",
        "marjatta",
        "ville",
        "liisa",
    ],
    [
        ("94591", "kerava"),
        ("94951", "lumijoki"),
        ("30038", "konnevesi"),
        ("60038", "kyyjarvi"),
        ("11760", "oulu"),
        ("11670", "salo"),
        ("11706", "turku"),
    ],
    persons=600,
    copies=_hardly_ever_again,
    faults=(typed,),
    faulty=0.06,
    missing=0.02,
)
# So few persons that hardly two share a day, a name or a street, and each is told of many times.
DUTCH = Country(
    ("van den ", "de ", "van ", "ter ", ""),
    ("berg", "dijk", "meer", "horst", "veld", "haan", "linden", "bosch"),
    ("", "man", "sma", "stra"),
    [
        "daan",
        "emma",
        "sem",
        "julia",
        "lucas",
        "mila",
        "levi",
        "tess",
        "finn",
        "sophie",
        "bram",
        "zoe",
        "luuk",
        "sara",
    ],
    _towns("zwolle breda delft gouda hoorn assen venlo tiel ede goes sneek", 1011, 411),
    persons=45,
    copies=lambda _: 12,
    faults=(typed, heard, scanned),
    faulty=0.2,
    missing=0.1,
)

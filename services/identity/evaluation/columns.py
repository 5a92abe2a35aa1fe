"""Which column of a file says what: named by the operator, or recognised by its title."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from services.contracts.errors import Malformed
from services.identity.domain.normalisation.letters import words_of

_TABLE: dict[str, list[str]] = {
    word: names
    for word, names in json.loads((files(__package__) / "columns.json").read_text(encoding="utf-8")).items()
    if word != "_"
}
WORDS = tuple(_TABLE)
# What may decide of somebody by itself or with others; a sex or a year alone makes everybody alike.
_NAMES = frozenset({"nom_naissance", "nom", "nom_usage", "prenoms", "autres_prenoms", "nom_complet", "nir"})
# Of whom a column speaks, before what it says.
_ABOUT = ("patient", "person", "personne", "client", "customer", "member", "voter", "student", "employee",
          "res", "mail", "home", "current", "pat", "usager", "stagiaire", "titulaire")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of each of our words, by their places, and the titles of those that are not read."""

    read: Mapping[str, tuple[int, ...]]
    titles: Sequence[str]
    truth: int | None
    ignored: tuple[str, ...]

    def described(self) -> dict[str, list[str]]:
        """The titles that are read as each of our words."""
        return {word: [self.titles[at] for at in places] for word, places in self.read.items()}


def columns_of(titles: Sequence[str], mapping: Sequence[str] = (), truth: str | None = None) -> Columns:
    """The columns of a file with these titles. With a mapping, `their title=our word`, nothing else is read.

    The column of the truth is never read for anything but the truth. Raises `Malformed`.
    """
    truth_at = None if truth is None else _place_of(titles, truth)
    read: dict[str, list[int]] = {}
    for at, word in _mapped(titles, mapping) if mapping else _recognised(titles):
        if at != truth_at:
            read.setdefault(word, []).append(at)
        elif mapping:
            raise Malformed("colonne_de_verite", "La colonne de --truth ne peut pas servir au rapprochement.")
    read = _without_repetition(read)
    if not _NAMES & set(read):
        raise Malformed(
            "colonnes_inconnues",
            "Aucune colonne de nom n’est reconnue : dites lesquelles, --map colonne=nom_naissance,…",
            {"colonnes": ", ".join(titles), "mots": ", ".join(WORDS)},
        )
    used = {at for places in read.values() for at in places} | {truth_at}
    return Columns(
        {word: tuple(read[word]) for word in WORDS if word in read},
        titles,
        truth_at,
        tuple(title for at, title in enumerate(titles) if at not in used),
    )


def _place_of(titles: Sequence[str], title: str) -> int:
    if title in titles:
        return titles.index(title)
    alike = [at for at, one in enumerate(titles) if _bare(one) == _bare(title)]
    if len(alike) == 1:
        return alike[0]
    raise Malformed(
        "colonne_absente",
        "Le fichier n’a pas cette colonne.",
        {"colonne": title, "colonnes": ", ".join(titles)},
    )


def _mapped(titles: Sequence[str], mapping: Sequence[str]) -> list[tuple[int, str]]:
    found = []
    for pair in (pair.strip() for given in mapping for pair in given.split(",")):
        if not pair:
            continue
        left, equals, right = (part.strip() for part in pair.partition("="))
        if not equals:
            raise Malformed("correspondance_illisible", "--map attend colonne=mot,colonne=mot…")
        # Written the other way round, it can mean nothing else.
        if left not in titles and right in titles and _word_of(left):
            left, right = right, left
        word = _word_of(right)
        if word is None:
            raise Malformed("mot_inconnu", "Ce mot n’est pas des nôtres.", {"mots": ", ".join(WORDS)})
        found.append((_place_of(titles, left), word))
    return found


def _recognised(titles: Sequence[str]) -> list[tuple[int, str]]:
    words = ((at, _word_of(title)) for at, title in enumerate(titles))
    return [(at, word) for at, word in words if word is not None]


def _word_of(title: str) -> str | None:
    """The word that a title is known by; without whom it is about, if need be."""
    known = _WORD_OF.get(_bare(title))
    if known is None:
        about, _, rest = re.sub(r"[\W_]+", "_", title).partition("_")
        known = _WORD_OF.get(_bare(rest)) if about.lower() in _ABOUT else None
    return known


def _bare(title: str) -> str:
    return "".join(words_of(title.replace("_", " ")))


def _without_repetition(read: dict[str, list[int]]) -> dict[str, list[int]]:
    """Each thing once: a whole name beside its parts, and parts beside a whole date, tell nothing more; a
    surname beside a name of birth is the name of use."""
    surname = read.pop("nom", [])
    if surname:
        word = "nom_usage" if read.get("nom_naissance") else "nom_naissance"
        read[word] = [*surname, *read.get(word, [])] if word == "nom_naissance" else surname[:1]
    if "nom_naissance" in read:
        read["nom_naissance"] = read["nom_naissance"][:1]
        whole = read.pop("nom_complet", [])
        if whole and "prenoms" not in read and "autres_prenoms" not in read:
            read = {"nom_complet": whole[:1], **{w: p for w, p in read.items() if w != "nom_naissance"}}
    elif "nom_complet" in read and "prenoms" in read:
        read["nom_naissance"] = read.pop("nom_complet")[:1]
    if "date_naissance" in read:
        for part in ("annee_naissance", "mois_naissance", "jour_naissance"):
            read.pop(part, None)
    several = ("prenoms", "autres_prenoms")
    return {word: places if word in several else places[:1] for word, places in read.items()}


_WORD_OF = {_bare(name): word for word in reversed(WORDS) for name in _TABLE[word]}

"""What can be found in a line: a stable code, its gravity, and what to do about it, in French.

`rejet`: the line is refused and must be sent again, corrected. `alerte`: it is taken, and somebody
should look at it. The codes are part of the contract: they are added to, never renamed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

Gravity = Literal["rejet", "alerte"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, and where. Never the value: it may say who the person is."""

    code: str
    path: str
    reason: str = ""

    @property
    def gravity(self) -> Gravity:
        return "alerte" if self.code in _WARNINGS else "rejet"

    @property
    def message(self) -> str:
        return _entry(self.code)[0]

    @property
    def remedy(self) -> str:
        remedy = _entry(self.code)[1]
        reason = _REASONS.get(self.reason)
        return f"{remedy} ({reason})" if reason else remedy


_CATALOGUE: dict[str, tuple[str, str]] = {
    "objet_attendu": ("Un objet JSON est attendu.", "Remplacez la valeur par un objet."),
    "cle_en_double": ("Une clé figure deux fois dans le même objet.", "Ne gardez qu’une des deux."),
    "nature_inconnue": ("La nature de la déclaration est inconnue.", "Utilisez une nature publiée."),
    "nature_non_autorisee": (
        "Votre organisme ne peut pas faire de déclaration de cette nature.",
        "Vérifiez la nature, ou demandez une extension de votre habilitation.",
    ),
    "champ_obligatoire": ("Un champ obligatoire manque.", "Renseignez ce champ."),
    "champ_inconnu": ("Ce champ n’existe pas dans le format.", "Retirez-le ou corrigez son nom."),
    "champ_vide": ("Le champ est vide.", "Renseignez-le, ou retirez-le s’il est facultatif."),
    "texte_attendu": ("Un texte est attendu.", "Donnez une chaîne de caractères."),
    "texte_trop_long": ("Le texte est trop long.", "Raccourcissez-le."),
    "caractere_interdit": ("Le texte contient un caractère de contrôle.", "Retirez ce caractère."),
    "code_inconnu": ("Le code n’est pas dans la nomenclature.", "Utilisez un code publié."),
    "date_attendue": ("Une date « aaaa-mm-jj » existante est attendue.", "Corrigez la date."),
    "date_hors_limites": ("La date est hors des limites admises.", "Corrigez l’année."),
    "instant_attendu": ("Un instant ISO 8601 est attendu.", "Écrivez par exemple 2026-03-01T09:30:00+01:00."),
    "fuseau_obligatoire": ("L’instant n’a pas de décalage horaire.", "Ajoutez-le, par exemple +01:00."),
    "entier_attendu": ("Un nombre entier est attendu.", "Donnez un entier, sans guillemets ni décimales."),
    "nombre_hors_limites": ("Le nombre est hors des limites admises.", "Corrigez le nombre."),
    "booleen_attendu": ("Vrai ou faux est attendu.", "Écrivez true ou false, sans guillemets."),
    "liste_attendue": ("Une liste est attendue.", "Donnez une liste JSON."),
    "liste_trop_courte": ("La liste n’a pas assez d’éléments.", "Complétez la liste."),
    "liste_trop_longue": ("La liste a trop d’éléments.", "Réduisez la liste."),
    "fin_avant_debut": ("La fin précède le début.", "Corrigez l’une des deux dates."),
    "valeur_invalide": ("La valeur n’est pas admise.", "Corrigez la valeur."),
    "emise_dans_le_futur": ("La déclaration est datée du futur.", "Corrigez la date d’émission."),
    "nir_invalide": ("Le NIR n’est pas valide.", "Vérifiez-le sur la carte Vitale ou le bulletin de paie"),
    "siret_invalide": ("Le SIRET n’est pas valide.", "Vérifiez les 14 chiffres au répertoire Sirene"),
    "nda_invalide": (
        "Le numéro de déclaration d’activité n’est pas valide.",
        "Vérifiez-le dans la liste publique",
    ),
    "uai_invalide": ("Le code UAI n’est pas valide.", "Vérifiez les 7 chiffres et la lettre"),
    "certification_invalide": ("Le code de certification n’est pas valide.", "Donnez un code RNCP ou RS"),
    "commune_invalide": ("Le code commune n’est pas valide.", "Donnez le code INSEE, non le code postal"),
    "code_postal_invalide": (
        "Le code postal n’est pas valide.",
        "Donnez les 5 chiffres ; pour une adresse à l’étranger, la ville seule",
    ),
    "pays_invalide": ("Le code pays n’est pas valide.", "Donnez le code INSEE « 99xxx »"),
    "formacode_invalide": ("Le Formacode n’est pas valide.", "Donnez les 5 chiffres du thésaurus"),
    "nir_sexe_different": (
        "Le sexe déclaré n’est pas celui du NIR.",
        "Vérifiez les deux auprès de la personne.",
    ),
    "nir_naissance_differente": (
        "L’année ou le mois de naissance n’est pas celui du NIR.",
        "Vérifiez les deux auprès de la personne.",
    ),
    "lieu_naissance_absent": (
        "Ni NIR, ni lieu de naissance : la personne ne pourra pas être rapprochée.",
        "Ajoutez le NIR ou le code de la commune ou du pays de naissance.",
    ),
    "nir_certifie_absent": (
        "Un NIR est dit certifié, et il n’y en a pas.",
        "Ajoutez le NIR, ou retirez « nir_certifie ».",
    ),
    "age_inhabituel": ("La personne aurait moins de 15 ans.", "Vérifiez la date de naissance."),
}

_WARNINGS = frozenset(
    {
        "nir_sexe_different",
        "nir_naissance_differente",
        "nir_certifie_absent",
        "lieu_naissance_absent",
        "age_inhabituel",
    }
)

_REASONS = {
    "key": "la clé ne correspond pas",
    "length": "la longueur n’est pas la bonne",
    "characters": "un caractère n’est pas admis",
    "structure": "la structure n’est pas la bonne",
    "placeholder": "c’est une valeur de remplissage",
    "empty": "la valeur est vide",
}


def _entry(code: str) -> tuple[str, str]:
    return _CATALOGUE.get(code) or _CATALOGUE["valeur_invalide"]


@dataclass(frozen=True, slots=True)
class Noticed:
    """What was found in a line's dossier, where declarations meet: since when, and until when if it is
    settled. The code and the words are dossier's (`contracts.dossier.ANOMALIES`)."""

    code: str
    gravity: str
    path: str
    at: datetime
    settled_at: datetime | None = None


def follow(before: Iterable[Noticed], at: datetime, found: Iterable[Mapping[str, Any]]) -> list[Noticed]:
    """What was found of a line until now, once this is all that is found in it."""
    standing = {(one["code"], one["chemin"]): one["gravite"] for one in found}
    kept = []
    for one in before:
        if one.settled_at is None and standing.pop((one.code, one.path), None) is None:
            kept.append(replace(one, settled_at=at))
        else:
            kept.append(one)
    fresh = [Noticed(code, gravity, path, at) for (code, path), gravity in standing.items()]
    return [*kept, *fresh][-MOST_NOTICED:]


MOST_NOTICED = 50  # of one line: what was found and settled before that is forgotten


def codes() -> list[str]:
    """Every code there is, in the order of the catalogue."""
    return list(_CATALOGUE)

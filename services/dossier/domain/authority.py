"""Who is believed about what, before whom, and from which day to which: a table, and how it is read."""

from dataclasses import dataclass
from typing import Literal

from services.dossier.domain.contribution import Contribution

Subject = Literal[
    "formation", "prevision", "realisation", "remuneration", "certification", "emploi", "accompagnement"
]

# What a source can be to the file it speaks of; any other word is a profile of access.
FUNDER_OF_THE_FILE = "financeur_du_dossier"
TRAINING_BODY = "organisme_de_formation"


@dataclass(frozen=True, slots=True)
class Authority:
    """`who` is believed about `subject` before those of a greater rank, for what took effect between two
    days, both included; of one dispositif, where one is named. `law`: where the rule comes from."""

    subject: Subject
    who: str
    rank: int
    law: str
    since: str = "0001-01-01"
    until: str = "9999-12-31"
    dispositif: str | None = None


AUTHORITIES: tuple[Authority, ...] = (
    # The funder instructs the file: it knows what was agreed.
    Authority("formation", FUNDER_OF_THE_FILE, 1, "L.6353-10 al. 2"),
    Authority("prevision", FUNDER_OF_THE_FILE, 1, "L.6353-10 al. 2"),
    # The training body tells its funder when the training began, stopped and ended: the funder speaks for
    # both.
    Authority("realisation", FUNDER_OF_THE_FILE, 1, "L.6353-10 al. 1"),
    # Sole manager of the CPF since 2020, it has entrée and sortie from the body itself within three days.
    Authority("realisation", "caisse_des_depots", 0, "L.6323-9, L.6333-1", "2020-01-01", dispositif="CPF"),
    Authority("prevision", "caisse_des_depots", 0, "L.6323-9, L.6333-1", "2020-01-01", dispositif="CPF"),
    Authority("realisation", TRAINING_BODY, 2, "L.6353-10 al. 1"),
    Authority("prevision", TRAINING_BODY, 2, "L.6353-10 al. 1"),
    # Who pays the stagiaire knows until when it paid: of dates, it only heard.
    Authority("remuneration", "payeur", 1, "L.6341-1"),
    Authority("certification", "certificateur", 1, "L.6113-8"),
    # General for private employers since 2017 (ordonnance 2015-682), for public ones since 2022.
    Authority("emploi", "dsn", 1, "L.133-5-3 CSS", "2017-01-01"),
    Authority("accompagnement", "operateur_cep", 1, "L.6111-6"),
    Authority("accompagnement", "france_travail", 1, "L.6111-6"),
)
ANYBODY = 9

# Before sources told what they are, only some could say each of these: what was said then says who said it.
_PROFILE_OF_NATURE = {
    "remuneration": "payeur",
    "certification": "certificateur",
    "emploi": "dsn",
    "accompagnement": "operateur_cep",
}
_BY_SUBJECT: dict[str, tuple[Authority, ...]] = {
    subject: tuple(sorted((one for one in AUTHORITIES if one.subject == subject), key=lambda one: one.rank))
    for subject in {one.subject for one in AUTHORITIES}
}
_SIREN = 9


@dataclass(frozen=True, slots=True)
class Ground:
    """What a file is, for whoever speaks of it: its dispositif and its training body's SIRET, where told; and
    whether it stands, or was refused or cancelled."""

    dispositif: str | None = None
    body: str | None = None
    stands: bool = True


def rank_of(subject: Subject, one: Contribution, ground: Ground = Ground()) -> int:
    """How far its source is believed about this: the smaller the more."""
    for authority in _BY_SUBJECT[subject]:
        if _is(authority.who, one, ground) and _covers(authority, one, ground):
            return authority.rank
    return ANYBODY


# What a funder knows by instructing its file. Of a file that it refused, it agreed to none of it.
_AGREED: frozenset[Subject] = frozenset({"formation", "prevision"})


def _is(who: str, one: Contribution, ground: Ground) -> bool:
    if who == FUNDER_OF_THE_FILE:
        return one.source == one.file.financeur
    if who == TRAINING_BODY:
        return ground.body is not None and one.source[:_SIREN] == ground.body[:_SIREN]
    return who == (one.profile or _PROFILE_OF_NATURE.get(one.nature))


def _covers(authority: Authority, one: Contribution, ground: Ground) -> bool:
    if authority.dispositif is not None and authority.dispositif != ground.dispositif:
        return False
    if authority.subject in _AGREED and not ground.stands:
        return False
    return authority.since <= one.effective_on <= authority.until

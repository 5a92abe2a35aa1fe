"""Files are joined and parted by whoever looks after dossiers, with a motive; taken back, all is as it
was."""

import uuid
from typing import Any

import pytest
from sqlalchemy.orm import Session

from services.contracts.errors import Conflict, NotFound
from services.dossier import ruling
from services.dossier.domain.contribution import File
from services.dossier.ruling import Ruled
from services.dossier.storage import parcours
from services.dossier.storage.parcours import Stored
from services.sample.organisations import of_profile
from tests.dossier.given import (
    OTHER,
    OTHER_BODY,
    PSEUDONYMS,
    REGION,
    Spoken,
    at,
    formation,
    line,
    line_id,
    paid,
)

pytestmark = pytest.mark.servers

(BUREAU,) = of_profile("bureau_identites")
HEAD = {"agent": "AGT-1", "motif": "convention_presentee"}


@pytest.fixture
def spoken(session: Session) -> Spoken:
    """One funder has two files of what may be one training; a region funds another, at another body."""
    spoken = Spoken(session)
    spoken.say(
        line("A", "formation", formation()),
        line("AP", "financement", paid(100)),
        line("B", "formation", formation(), reference="D2"),
        line("BP", "financement", paid(50), reference="D2"),
    )
    elsewhere = formation(organisme={"siret": OTHER_BODY})
    spoken.say(
        line("R", "formation", elsewhere, source=REGION, reference="R1"), source=REGION, profile="region"
    )
    return spoken


def dossiers(spoken: Spoken, *names: str) -> list[Stored]:
    """The dossiers of some lines."""
    found = [
        parcours.find_dossier(spoken.session, uuid.UUID(spoken.effect(one)["dossier_id"])) for one in names
    ]
    return [one for one in found if one]


def join(spoken: Spoken, *names: str, reference: str = "REUNION-1", days: float = 5) -> Ruled:
    found = dossiers(spoken, *names)
    body = {**HEAD, "reference": reference, "dossiers": [str(one.dossier_id) for one in found]}
    asked = ruling.asked_of("join", BUREAU, body)
    return ruling.join(spoken.session, PSEUDONYMS, at(days), asked, found)


def part(spoken: Spoken, name: str, file: File, reference: str = "SEPARATION-1", days: float = 6) -> Ruled:
    (found,) = dossiers(spoken, name)
    body = {**HEAD, "reference": reference, "dossier_id": str(found.dossier_id), "numero": file.reference}
    asked = ruling.asked_of("part", BUREAU, body)
    return ruling.part(spoken.session, PSEUDONYMS, at(days), asked, [found], file)


def revoke(spoken: Spoken, ruled: Ruled, motive: str = "decision_erronee", days: float = 9) -> Ruled:
    author = ruling.author_of(BUREAU, HEAD)
    return ruling.revoke(spoken.session, PSEUDONYMS, at(days), ruled.ruling_id, author, motive)


def paths(spoken: Spoken) -> list[list[str]]:
    """The numbers of the files of each dossier."""
    return sorted(sorted(file.reference for file in one.happened) for one in spoken.parcours().dossiers)


def test_doubtful_dossiers_are_listed_page_by_page(spoken: Spoken) -> None:
    found: list[Stored] = []
    after = uuid.UUID(int=0)
    while page := ruling.doubtful(spoken.session, after, 1):
        found += page
        after = page[-1].dossier_id
    assert sorted(one.dossier_id for one in found) == sorted(
        one.dossier_id for one in dossiers(spoken, "A", "B")
    )
    assert {doubt.cause for one in found for doubt in one.doubts} == {"meme_financeur"}


def test_joined_they_are_one_dossier_with_two_financements_and_no_doubt(spoken: Spoken) -> None:
    ruled = join(spoken, "A", "B")
    assert paths(spoken) == [["D1", "D2"], ["R1"]]
    (dossier,) = [one for one in spoken.parcours().dossiers if len(one.happened) == 2]
    assert list(ruled.dossiers) == [dossier.dossier_id]
    assert sum(share.cents for share in dossier.shares) == 150
    assert not ruling.doubtful(spoken.session, uuid.UUID(int=0), 9)
    assert spoken.effect("B")["effect"] == "cofinancement_reconnu"
    assert spoken.effect("A")["constats"] == [], "its source is no longer asked whether it is one too many"


def test_what_no_rule_would_join_is_joined_and_parted_again_and_taken_back(spoken: Spoken) -> None:
    before = spoken.parcours()
    joined = join(spoken, "A", "R")
    assert paths(spoken) == [["D1", "R1"], ["D2"]]
    parted = part(spoken, "A", File(REGION, "R1"))
    assert paths(spoken) == [["D1"], ["D2"], ["R1"]]
    assert len(parted.dossiers) == 2
    revoke(spoken, parted)
    assert paths(spoken) == [["D1", "R1"], ["D2"]]
    revoke(spoken, joined)
    assert spoken.parcours() == before


def test_as_known_before_a_ruling_is_as_it_was_before(spoken: Spoken) -> None:
    before = spoken.parcours()
    joined = join(spoken, "A", "R", days=5)
    between = spoken.parcours()
    revoke(spoken, joined, days=9)
    assert spoken.parcours(known_at=at(4).now) == before
    assert spoken.parcours(known_at=at(6).now) == between != before


def test_a_ruling_follows_its_files_to_another_person(spoken: Spoken) -> None:
    join(spoken, "A", "R")
    moved = [
        {"declaration_id": line_id(name), "person_id": OTHER, "version": 2, "rule": "x"}
        for name in ("A", "AP", "R")
    ]
    spoken.attribute(*moved, days=7)
    (dossier,) = spoken.parcours(OTHER).dossiers
    assert {file.reference for file in dossier.happened} == {"D1", "R1"}


def test_asked_twice_a_ruling_is_one_and_a_reference_serves_once(spoken: Spoken) -> None:
    found = dossiers(spoken, "A", "B")
    ids = [one.dossier_id for one in found]
    body: dict[str, Any] = {**HEAD, "reference": "X", "dossiers": list(map(str, ids))}
    asked = ruling.asked_of("join", BUREAU, body)
    ruled = [
        ruling.join(spoken.session, PSEUDONYMS, at(5), asked, ruling.dossiers_of(spoken.session, asked, ids))
        for _ in range(2)
    ]
    assert ruled[0] == ruled[1]
    other = ruling.asked_of("join", BUREAU, {**body, "motif": "confirme_par_organisme"})
    with pytest.raises(Conflict) as refusal:
        ruling.join(spoken.session, PSEUDONYMS, at(6), other, found)
    assert refusal.value.code == "reference_deja_utilisee"
    again = [revoke(spoken, ruled[0]) for _ in range(2)]
    assert again[0] == again[1]
    with pytest.raises(NotFound):
        revoke(spoken, ruled[0], "confirme_par_financeur")


def test_a_parting_asked_again_is_told_again_though_the_dossier_is_two_by_now(spoken: Spoken) -> None:
    join(spoken, "A", "R")
    (found,) = dossiers(spoken, "A")
    body = {**HEAD, "reference": "Y", "dossier_id": str(found.dossier_id), "numero": "R1"}
    asked = ruling.asked_of("part", BUREAU, body)
    ruled = []
    for _ in range(2):
        looked = ruling.dossiers_of(spoken.session, asked, [found.dossier_id])
        ruled.append(ruling.part(spoken.session, PSEUDONYMS, at(6), asked, looked, File(REGION, "R1")))
    assert ruled[0] == ruled[1]


def test_dossiers_of_two_persons_are_identitys_to_join(spoken: Spoken) -> None:
    spoken.say(line("Z", "formation", formation(), reference="Z1"), person=OTHER)
    with pytest.raises(Conflict) as refusal:
        join(spoken, "A", "Z")
    assert refusal.value.code == "personnes_differentes"


def test_there_is_nothing_to_part_in_a_dossier_of_one_file(spoken: Spoken) -> None:
    with pytest.raises(Conflict):
        part(spoken, "R", File(REGION, "R1"))
    with pytest.raises(NotFound):
        part(spoken, "R", File(REGION, "R2"))

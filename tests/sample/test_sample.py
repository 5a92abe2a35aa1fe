"""The sample is the same for the same seed, coherent, and wrong only where it says so."""

import hashlib
import json
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from random import Random

from services.contracts.access import PROFILES, OrganisationsAsked
from services.contracts.declaration import NATURES
from services.ingestion.schemas import read_lines
from services.reference.identifiers import Valid, check_nir, check_siret
from services.sample.lots import TODAY, national_sample
from services.sample.organisations import BODIES, EMPLOYERS, PARTNERS
from services.sample.persons import person

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def digest(seed: int) -> str:
    lots = [[lot.emetteur, lot.reference, lot.declarations] for lot in national_sample(500, seed=seed)]
    return hashlib.sha256(json.dumps(lots).encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert digest(1) == digest(1)
    assert digest(1) != digest(2)


def test_there_are_exactly_as_many_declarations_as_asked_for() -> None:
    for asked in (0, 1, 7, 1234):
        assert sum(len(lot.declarations) for lot in national_sample(asked)) == asked


def test_every_line_is_understood_but_for_those_with_a_fault_and_these_with_their_code() -> None:
    import uuid

    for lot in national_sample(4000):
        for line in read_lines(lot.emetteur, uuid.UUID(int=1), lot.declarations, list(NATURES), NOW):
            refused = [finding.code for finding in line.findings if finding.gravity == "rejet"]
            assert refused[:1] == ([lot.faults[line.ligne]] if line.ligne in lot.faults else [])


def test_about_as_many_lines_are_wrong_as_asked_for() -> None:
    wrong = sum(len(lot.faults) for lot in national_sample(5000, faults=0.02))
    assert 60 < wrong < 140


def test_a_nir_belongs_to_its_civil_status() -> None:
    random = Random(1)
    for number in range(2000):
        one = person(random, number, TODAY)
        assert isinstance(check_nir(one.nir, key_required=False), Valid)
        assert (one.nir[0] == "1") == (one.sexe == "M")
        assert one.nir[1:5] == f"{one.born:%y%m}"
        assert one.nir[5:10][-3:] == (one.commune or one.pays or "")[-3:]


def test_every_siret_is_valid_and_nobody_shares_one() -> None:
    sirets = [*(partner.siret for partner in PARTNERS), *BODIES, *EMPLOYERS]
    assert all(isinstance(check_siret(siret), Valid) for siret in sirets)
    assert len(set(sirets)) == len(sirets)


def test_every_kind_of_partner_that_declares_does_so_in_five_thousand_lines() -> None:
    profiles = {partner.siret: partner.profile for partner in PARTNERS}
    assert {profiles[lot.emetteur] for lot in national_sample(5000)} == set(PROFILES) - {
        "ministere",
        "bureau_identites",
    }


def test_a_correction_speaks_of_an_earlier_line_of_its_own_source() -> None:
    lines: set[tuple[str, str, int]] = set()
    corrections: Counter[bool] = Counter()
    for lot in national_sample(5000, faults=0):
        lines |= {(lot.emetteur, lot.reference, ligne) for ligne in range(1, len(lot.declarations) + 1)}
        for line in lot.declarations:
            if "rectifie" in line:
                corrections[(lot.emetteur, line["rectifie"]["lot"], line["rectifie"]["ligne"]) in lines] += 1
    assert corrections[True] > 10
    assert not corrections[False]


def test_the_rights_of_the_partners_can_be_registered() -> None:
    asked = {"organisations": [partner.registration() for partner in PARTNERS]}
    assert len(OrganisationsAsked().load(asked)["organisations"]) == len(PARTNERS)


def test_memory_does_not_grow_with_the_size() -> None:
    def peak(size: int) -> int:
        tracemalloc.start()
        for _ in national_sample(size, lot_size=100):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1000)
    assert peak(20_000) < 2 * peak(5_000)

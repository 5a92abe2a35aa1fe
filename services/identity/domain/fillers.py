"""What is typed where nothing is known: it fills a field and says nothing of anybody.

Real surnames and first names (Sans, Na, Toto) are not here: their bearers are somebody.
"""

NAMES = frozenset(
    {
        "ANONYME",
        "AUCUN",
        "AUCUNE",
        "AZERTY",
        "INCONNU",
        "INCONNUE",
        "NC",
        "ND",
        "NEANT",
        "NOM",
        "NOMPRENOM",
        "NONCOMMUNIQUE",
        "NONCOMMUNIQUEE",
        "NONCONNU",
        "NONCONNUE",
        "NONE",
        "NONRENSEIGNE",
        "NONRENSEIGNEE",
        "NR",
        "NSP",
        "NULL",
        "PRENOM",
        "QWERTY",
        "SANSNOM",
        "SANSPRENOM",
        "SP",
        "TEST",
        "TESTE",
        "TESTEUR",
        "TESTS",
        "TESTTEST",
        "UNDEFINED",
        "UNKNOWN",
        "VIDE",
    }
)
BIRTH = "1900-01-01"
PLACE = "99999"

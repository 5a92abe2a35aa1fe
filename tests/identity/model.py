"""A small model whose weights a reader can add up, and records written in few words."""

from services.identity.domain.comparison import TRAITS
from services.identity.domain.model import TABLES, Model, Thresholds
from services.identity.domain.records import Record, read_record
from services.identity.learning import start

MODEL = Model(
    version="test",
    population=1_000_000,
    siblings=1.0,
    m={trait.name: tuple(start.M[trait.name]) for trait in TRAITS},
    u={trait.name: tuple(start.U[trait.name]) for trait in TRAITS},
    frequencies={
        **{table: {} for table in TABLES},
        "nom": {"MARTIN": 0.01},
        "prenom": {"MARIE": 0.03},
        "debut": {"MAR": 0.04},
    },
    unlisted={
        "nom": 0.0005,
        "prenom": 0.002,
        "lieu_naissance": 0.002,
        "code_postal": 0.001,
        "commune": 0.001,
        "annee": 1 / 60,
        "jour": 1 / 365,
        "debut": 0.001,
    },
    thresholds=Thresholds(join=0.0, review=-4.0, split=-2.0),
    relatives=1.0,
)

ZOE = {
    "nom_naissance": "Durand",
    "prenoms": "Zoé",
    "sexe": "F",
    "date_naissance": "1994-03-12",
    "lieu_naissance": "33063",
}


def zoe(**but: str) -> Record:
    """Zoé Durand, but for what is given."""
    return read_record({**ZOE, **but})

"""The tables of reporting: what each dossier counts for, and the sums kept as they change."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.database import new_metadata
from services.chassis.inbox import define_inbox

metadata = new_metadata()
define_inbox(metadata)

fact = Table(
    "fact",
    metadata,
    Column("dossier_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("removed", Boolean, nullable=False, server_default="true"),
    Column("stagiaire", Text),
    Column("region", Text),
    Column("dispositif", Text),
    Column("entree_le", Text),
    Column("sortie_le", Text),
    Column("heures", Integer, nullable=False, server_default="0"),
    Column("financements", JSONB, nullable=False, server_default="[]"),
    postgresql_with={"fillfactor": 70},
)

_AXES = ("region", "dispositif", "financeur", "mois")

cell = Table(
    "cell",
    metadata,
    Column("by_funder", Boolean, primary_key=True),
    *(Column(axis, Text, primary_key=True) for axis in _AXES),
    *(Column(measure, BigInteger, nullable=False) for measure in ("entrees", "sorties", "heures", "cout")),
    postgresql_with={"fillfactor": 50},
)

# A person is counted once in a table, however many dossiers and months: who is present where is kept,
# with the number of dossiers that make it so.
presence = Table(
    "presence",
    metadata,
    Column("by_funder", Boolean, primary_key=True),
    *(Column(axis, Text, primary_key=True) for axis in _AXES),
    Column("stagiaire", Text, primary_key=True),
    Column("dossiers", Integer, nullable=False),
)

# What partners need not ask again, kept by person so that a small cell is known for one: no sum beside it
# that could differ. Below zero only while the message that adds has not come before the one that takes off.
spared = Table(
    "spared",
    metadata,
    *(
        Column(name, Text, primary_key=True)
        for name in ("mois", "nature", "profil", "partenaire", "stagiaire")
    ),
    Column("valeurs", BigInteger, nullable=False),
    postgresql_with={"fillfactor": 70},
)

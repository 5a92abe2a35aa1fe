"""What reporting says: tables of figures from which nobody can be recognised."""

from marshmallow import fields

from services.contracts.fields import Asked, Code, Many, Told
from services.contracts.message import Call, Event

AXES = {
    "region": "région du lieu de formation",
    "dispositif": "dispositif",
    "financeur": "financeur (SIRET)",
    "mois": "mois",
}

# `mois` is the month of entry for entries and stagiaires, of exit for exits.
INDICATORS = {
    "entrees": "dossiers dont l’entrée en formation a eu lieu dans la période",
    "stagiaires": "personnes distinctes entrées en formation dans la période",
    "sorties": "dossiers dont la sortie a eu lieu dans la période",
    "heures": "heures réalisées ou, à défaut, prévues, des dossiers entrés dans la période",
    "cout": "coût total des dossiers entrés dans la période, en centimes",
}


class FiguresAsked(Asked):
    """A table over one or two axes, for the months from `du` to `au` (`aaaa-mm`), both included."""

    axes = Many(Code(AXES), required=True, least=1, most=2)
    du = fields.String(required=True)
    au = fields.String(required=True)


class Cell(Told):
    """One cell; a hidden cell says so and has no figure."""

    axes = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True), required=True)
    secret = fields.Boolean(required=True)
    figures = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"codes": INDICATORS}
    )


class Figures(Told):
    """The cells of a table, how many of them are hidden, and below how many persons a cell is."""

    cells = fields.List(fields.Nested(Cell), required=True)
    hidden = fields.Integer(required=True)
    threshold = fields.Integer(required=True)


FIGURES = Call(
    "reporting",
    "figures",
    FiguresAsked,
    Figures,
    frozenset({"partner", "operator"}),
    {"periode_invalide": "bad_request", "figures_refusees": "refused"},
)

# --- pre-filling: what partners need not ask again -------------------------------------------------

SPARED_AXES = {
    "mois": "mois dans lequel la valeur a été donnée la première fois",
    "nature": "nature de la déclaration à remplir",
    "profil": "profil du partenaire",
    "partenaire": "partenaire (SIRET)",
}
SPARED_INDICATORS = {
    "valeurs": "valeurs données à un partenaire qui ne les avait pas dites : il n’a pas à les redemander",
    "personnes": "personnes distinctes à qui il n’a pas à les redemander",
}


class SparedAsked(Asked):
    """A table over one or two axes, for the months from `du` to `au` (`aaaa-mm`), both included."""

    axes = Many(Code(SPARED_AXES), required=True, least=1, most=2)
    du = fields.String(required=True)
    au = fields.String(required=True)


class SparedCell(Told):
    """One cell; a hidden cell says so and has no figure."""

    axes = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True), required=True)
    secret = fields.Boolean(required=True)
    figures = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"codes": SPARED_INDICATORS}
    )


class SparedTable(Told):
    """As `Figures`. A value counts once for a partner, a dossier or an item of the parcours, and a kind,
    however often it is given."""

    cells = fields.List(fields.Nested(SparedCell), required=True)
    hidden = fields.Integer(required=True)
    threshold = fields.Integer(required=True)


SPARED = Call(
    "reporting",
    "spared",
    SparedAsked,
    SparedTable,
    frozenset({"partner", "operator"}),
    {"periode_invalide": "bad_request", "figures_refusees": "refused"},
)

EVENTS: tuple[Event, ...] = ()
CALLS = (FIGURES, SPARED)

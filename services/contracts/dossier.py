"""What dossier says: what became of each declaration, which dossiers changed, and what may be counted.

dossiers_changed       to access and to whoever follows dossiers: who is related to what
declarations_applied   to ingestion: the effect of every declaration, for the receipts
facts_changed          to reporting: what is counted, the person being a keyed hash
"""

from marshmallow import fields

from services.contracts.fields import Asked, Code, Text, Told
from services.contracts.message import Call, Event

# What an organisation is to a dossier or to a person.
ROLES = ("finance", "paie", "certifie", "accompagne", "emploie")

# A dossier is read block by block; an habilitation opens blocks.
BLOCKS = (
    "formation",
    "dates",
    "financements",
    "remunerations",
    "certifications",
    "emplois",
    "accompagnements",
)


class Relation(Told):
    """An organisation and what it is: one of `ROLES`."""

    siret = fields.String(required=True)
    role = fields.String(required=True)


class DossierRelated(Told):
    """A dossier as it stands, for those who do not see inside."""

    dossier_id = fields.UUID(required=True)
    state = fields.String(required=True)
    change = fields.String(required=True)  # opened | changed | unchanged
    blocks = fields.List(fields.String(), required=True)
    relations = fields.List(fields.Nested(Relation), required=True)


class ParcoursRelated(Told):
    """All of one person's dossiers and relations: a later version replaces an earlier one whole."""

    person_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    relations = fields.List(fields.Nested(Relation), required=True)
    dossiers = fields.List(fields.Nested(DossierRelated), required=True)
    withdrawn = fields.List(fields.UUID(), required=True)


class DossiersChanged(Told):
    """Whose parcours changed: who is related to what, and not what it says."""

    at = fields.AwareDateTime(required=True)
    parcours = fields.List(fields.Nested(ParcoursRelated), required=True)


EFFECTS = {
    "dossier_ouvert": "un dossier a été ouvert",
    "dossier_complete": "un dossier a été complété",
    "cofinancement_reconnu": "un cofinancement a été reconnu",
    "parcours_complete": "le parcours de la personne a été complété",
    "remplacee": "une déclaration plus récente la remplace",
    "retiree": "la source l’a retirée ou rectifiée",
    "retrait_effectue": "elle a retiré la déclaration visée",
}


class Effect(Told):
    """What became of a declaration. The highest version stands."""

    declaration_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    dossier_id = fields.UUID(required=True, allow_none=True)
    effect = fields.String(required=True, metadata={"codes": EFFECTS})


class DeclarationsApplied(Told):
    """Declarations whose effect is new, or another than before."""

    at = fields.AwareDateTime(required=True)
    effects = fields.List(fields.Nested(Effect), required=True)


class Share(Told):
    """What one funder pays of a dossier, in cents."""

    financeur = fields.String(required=True)
    cents = fields.Integer(required=True)


class Fact(Told):
    """What is counted of a dossier. `removed`: the dossier is no more, and counts for nothing.

    `stagiaire` is a keyed hash of the person: the same person gives the same, and nothing gives it back.
    """

    dossier_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    removed = fields.Boolean(load_default=False)
    stagiaire = fields.String(required=True)
    region = fields.String(required=True, allow_none=True)
    dispositif = fields.String(required=True, allow_none=True)
    entree_le = fields.Date(required=True, allow_none=True)
    sortie_le = fields.Date(required=True, allow_none=True)
    abandon = fields.Boolean(required=True)
    heures = fields.Integer(required=True)
    financements = fields.List(fields.Nested(Share), required=True)


class FactsChanged(Told):
    """What is counted of the dossiers that changed."""

    at = fields.AwareDateTime(required=True)
    facts = fields.List(fields.Nested(Fact), required=True)


DOSSIERS_CHANGED = Event("dossier", "dossiers_changed", 1, DossiersChanged, "parcours")
DECLARATIONS_APPLIED = Event("dossier", "declarations_applied", 1, DeclarationsApplied, "effects")
FACTS_CHANGED = Event("dossier", "facts_changed", 1, FactsChanged, "facts")

FINALITES = {
    "prise_en_charge": "prise en charge financière des dossiers (R.6323-35 II)",
    "remuneration": "rémunération des stagiaires (L.6341-1)",
    "accompagnement": "conseil en évolution professionnelle (R.6323-35 III)",
    "suivi": "suivi des parcours financés (L.6353-10)",
}


class DossierAsked(Asked):
    """One dossier, by its id."""

    dossier_id = fields.UUID(required=True)
    finalite = Code(FINALITES, required=True)


class ParcoursAsked(Asked):
    """The parcours of the person of whom one's own `reference` speaks."""

    reference = Text(required=True, most=64)
    finalite = Code(FINALITES, required=True)


class Hidden(Told):
    """What was asked for, exists in principle, and is not shown."""

    bloc = fields.String(required=True)
    motif = fields.String(required=True)
    message = fields.String(required=True)


class DossierRead(Told):
    """A dossier's visible blocks, each as `contracts.declaration` names its fields, and what is hidden."""

    dossier_id = fields.UUID(required=True)
    etat = fields.String(required=True)
    blocs = fields.Dict(required=True)
    masques = fields.List(fields.Nested(Hidden), required=True)


class ParcoursRead(Told):
    """The dossiers the caller may read, and the person-wide blocks it may read."""

    person_id = fields.UUID(required=True)
    dossiers = fields.List(fields.Nested(DossierRead), required=True)
    blocs = fields.Dict(required=True)
    masques = fields.List(fields.Nested(Hidden), required=True)
    decision = fields.String(required=True)


READ_DOSSIER = Call(
    "dossier",
    "read_dossier",
    DossierAsked,
    DossierRead,
    frozenset({"partner"}),
    {"dossier_introuvable": "not_found"},
)
READ_PARCOURS = Call(
    "dossier",
    "read_parcours",
    ParcoursAsked,
    ParcoursRead,
    frozenset({"partner"}),
    {"parcours_introuvable": "not_found", "lecture_refusee": "refused"},
)

EVENTS = (DOSSIERS_CHANGED, DECLARATIONS_APPLIED, FACTS_CHANGED)
CALLS = (READ_DOSSIER, READ_PARCOURS)

"""Which dossiers may be one, and what a human decides of it."""

from uuid import UUID

from marshmallow import fields

from services.contracts.dossier.codes import MOTIFS
from services.contracts.dossier.reading import OF_ONE, READERS, DossierNumbered, DoubtShown
from services.contracts.fields import Asked, Code, Many, Text, Told, Whole, siret
from services.contracts.message import Call


class ByAgent(Asked):
    """`agent` is the organisation's own reference of who asks, without a name: it goes to the journal."""

    agent = Text(required=True, most=64)


class DossierDoubtsAsked(ByAgent):
    """The doubtful dossiers after an id: the `suite` of the page before."""

    apres = fields.UUID(load_default=UUID(int=0))
    dossiers = Whole(load_default=50, least=1, most=200)


class CandidateTold(Told):
    """What tells one dossier from another: whose it is, what is taught, where, when. Nothing of the
    person."""

    dossier_id = fields.UUID(required=True)
    financements = fields.List(fields.Nested(DossierNumbered), required=True)
    formation = fields.Dict(required=True)
    debut_prevu = fields.Date(required=True, allow_none=True)
    fin_prevue = fields.Date(required=True, allow_none=True)
    doutes = fields.List(fields.Nested(DoubtShown), required=True)


class DossierDoubts(Told):
    """A page of dossiers that may be one with another; none, and there are no more."""

    candidats = fields.List(fields.Nested(CandidateTold), required=True)
    suite = fields.UUID(required=True)
    decision = fields.String(required=True)


class JoinAsked(ByAgent):
    """Two dossiers of a person are one. `reference` is the caller's own: asked again, it has one effect."""

    reference = Text(required=True, most=64)
    dossiers = Many(fields.UUID(), required=True, least=2, most=2)
    motif = Code(MOTIFS, required=True)


class PartAsked(ByAgent):
    """One funder's file is not of this dossier. `reference` as for a join."""

    reference = Text(required=True, most=64)
    dossier_id = fields.UUID(required=True)
    financeur = siret(required=True)
    numero = Text(required=True, most=64)
    motif = Code(MOTIFS, required=True)


class RulingRevoked(ByAgent):
    """A ruling is taken back: dossiers are what they would be without it."""

    ruling_id = fields.UUID(required=True)
    motif = Code(MOTIFS, required=True)


class DossiersRuled(Told):
    """The dossiers, as they stand, of the files that the ruling is about."""

    ruling_id = fields.UUID(required=True)
    dossiers = fields.List(fields.UUID(), required=True)
    decision = fields.String(required=True)


_OF_HANDLING = {"gestion_refusee": "refused"}
_OF_RULINGS = {
    **_OF_HANDLING,
    **OF_ONE,
    "decision_contraire": "conflict",
    "reference_deja_utilisee": "conflict",
}
DOUBTS = Call("dossier", "doubts", DossierDoubtsAsked, DossierDoubts, READERS, _OF_HANDLING)
JOIN = Call(
    "dossier",
    "join",
    JoinAsked,
    DossiersRuled,
    READERS,
    {**_OF_RULINGS, "personnes_differentes": "conflict"},
)
PART = Call(
    "dossier",
    "part",
    PartAsked,
    DossiersRuled,
    READERS,
    {**_OF_RULINGS, "financement_introuvable": "not_found"},
)
REVOKE = Call(
    "dossier",
    "revoke",
    RulingRevoked,
    DossiersRuled,
    READERS,
    {**_OF_HANDLING, "decision_inconnue": "not_found"},
)

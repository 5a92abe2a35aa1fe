"""What is within one's scope: the feed of its changes, a snapshot to begin with, and the search in it."""

from uuid import UUID

from marshmallow import fields

from services.contracts.dossier.codes import ANOMALIES, CHANGE_KINDS, FINALITES, STATES
from services.contracts.dossier.reading import READERS, DossierRead, Hidden
from services.contracts.fields import Asked, Code, Day, Instant, Text, Told, Whole
from services.contracts.message import Call


class DossierChangesAsked(Asked):
    """The changes after number `apres`, which is a `suite` or the `numero` of a snapshot."""

    finalite = Code(FINALITES, required=True)
    apres = Whole(load_default=0, most=2**63 - 1)
    changements = Whole(load_default=200, least=1, most=500)


class Cause(Told):
    """Why a field has its value now: the declaration it is from, and whose that is."""

    declaration_id = fields.UUID(required=True)
    source = fields.String(required=True)


class FieldDifference(Told):
    """A field that changed. No `cause`: nobody says it any more."""

    chemin = fields.String(required=True)
    avant = fields.Raw(required=True, allow_none=True)
    apres = fields.Raw(required=True, allow_none=True)
    cause = fields.Nested(Cause, required=True, allow_none=True)


class DossierChange(Told):
    """One change of one dossier, as far as one may see it. Numbers grow in the order in which changes came
    to be seen."""

    numero = fields.Integer(required=True)
    le = Instant(required=True)
    dossier_id = fields.UUID(required=True)
    nature = fields.String(required=True, metadata={"codes": CHANGE_KINDS})
    etat_avant = fields.String(required=True, allow_none=True)
    etat_apres = fields.String(required=True, allow_none=True)
    differences = fields.List(fields.Nested(FieldDifference), required=True)
    decision = fields.String(required=True)


class ParcoursChange(Told):
    """One change of what belongs to a person and to none of her dossiers: `certifications`, `emplois`,
    `accompagnements`, as far as one may see them; numbered with those of dossiers.

    `references` are the caller's own of the person, `person_id` as `read_parcours` gives it. `ouvert`: these
    are all there are, whatever was told before.
    """

    numero = fields.Integer(required=True)
    le = Instant(required=True)
    person_id = fields.UUID(required=True)
    references = fields.List(fields.String(), required=True)
    nature = fields.String(required=True, metadata={"codes": CHANGE_KINDS})
    differences = fields.List(fields.Nested(FieldDifference), required=True)
    decision = fields.String(required=True)


class DossierChanges(Told):
    """Changes in order, of dossiers and of `parcours`: both have numbers of one order, and `suite` is of
    both. Whoever goes on from `suite` misses none. `fini`: there are no more for now.

    What an habilitation opens or closes is no change of a dossier: who has another one begins with a
    snapshot again.
    """

    changements = fields.List(fields.Nested(DossierChange), required=True)
    suite = fields.Integer(required=True)
    fini = fields.Boolean(required=True)
    parcours = fields.List(fields.Nested(ParcoursChange), load_default=list)


class DossierSnapshotAsked(Asked):
    """A page of the dossiers within one's scope, and of as many parcours at most, after an id: the `suite` of
    the page before."""

    finalite = Code(FINALITES, required=True)
    apres = fields.UUID(load_default=UUID(int=0))
    dossiers = Whole(load_default=50, least=1, most=200)


class ParcoursShown(Told):
    """What one may see of what belongs to a person and to none of her dossiers. `references` are the
    caller's own of the person."""

    person_id = fields.UUID(required=True)
    references = fields.List(fields.String(), required=True)
    blocs = fields.Dict(required=True)
    masques = fields.List(fields.Nested(Hidden), required=True)
    decision = fields.String(required=True)


class DossierSnapshot(Told):
    """A page of dossiers and of parcours: the persons of whom one may see something that is in no dossier.
    From the `numero` of the first page on, `changes` tells what these pages may not have yet."""

    numero = fields.Integer(required=True)
    dossiers = fields.List(fields.Nested(DossierRead), required=True)
    suite = fields.UUID(required=True)
    fini = fields.Boolean(required=True)
    parcours = fields.List(fields.Nested(ParcoursShown), load_default=list)


class SearchAsked(DossierSnapshotAsked):
    """Dossiers within one's scope: by one's own reference, by a day at least of the period, by state today,
    by anomaly; all that is asked for applies."""

    reference = Text(most=64)
    du = Day()
    au = Day()
    etat = Code(STATES)
    anomalie = Code(ANOMALIES)


class DossierFound(Told):
    """A dossier as it is found; `read_dossier` shows it. Days only where the dates may be seen."""

    dossier_id = fields.UUID(required=True)
    references = fields.List(fields.String(), required=True)  # the caller's own
    etat = fields.String(required=True)
    debut = fields.Date(required=True, allow_none=True)
    fin = fields.Date(required=True, allow_none=True)
    anomalies = fields.List(fields.String(), required=True)
    decision = fields.String(required=True)


class DossiersFound(Told):
    """A page of what was found, in the order of ids; it may be short of what was asked for, and there be
    more."""

    dossiers = fields.List(fields.Nested(DossierFound), required=True)
    suite = fields.UUID(required=True)
    fini = fields.Boolean(required=True)


_OF_A_SCOPE = {"lecture_refusee": "refused"}
CHANGES = Call(
    "dossier",
    "changes",
    DossierChangesAsked,
    DossierChanges,
    READERS,
    {**_OF_A_SCOPE, "suite_inconnue": "conflict", "suite_oubliee": "conflict"},
)
SNAPSHOT = Call("dossier", "snapshot", DossierSnapshotAsked, DossierSnapshot, READERS, _OF_A_SCOPE)
SEARCH = Call("dossier", "search", SearchAsked, DossiersFound, READERS, _OF_A_SCOPE)

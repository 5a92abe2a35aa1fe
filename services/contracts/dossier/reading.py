"""What may be asked of one parcours, of one dossier, of one field: as it is, and as it was."""

from marshmallow import fields

from services.contracts.dossier.codes import CAUSES_DOUTE, FINALITES, GRAVITIES, RULES, STATUTS_APPRENTI
from services.contracts.fields import Asked, Code, Day, Instant, Part, Text, Told
from services.contracts.message import Call, Caller

MOST_STEPS = 200


class At(Asked):
    """The two times of a question: as it was on day `au`, as it was known at `connu_le`; now, by default."""

    au = Day()
    connu_le = Instant()


class DossierAsked(At):
    """One dossier, by its id."""

    dossier_id = fields.UUID(required=True)
    finalite = Code(FINALITES, required=True)


class ParcoursAsked(At):
    """The parcours of the person of whom one's own `reference` speaks."""

    reference = Text(required=True, most=64)
    finalite = Code(FINALITES, required=True)


class Hidden(Told):
    """What was asked for, exists in principle, and is not shown."""

    bloc = fields.String(required=True)
    motif = fields.String(required=True)
    message = fields.String(required=True)


class AnomalyShown(Told):
    """What does not hold together in a dossier: where it shows (`dates.sortie_le`)."""

    code = fields.String(required=True)
    gravite = fields.String(required=True, metadata={"codes": GRAVITIES})
    chemin = fields.String(required=True)
    message = fields.String(required=True)


class DoubtShown(Told):
    """Another dossier of the person that may be the same path, told where both are read: in a parcours."""

    dossier_id = fields.UUID(required=True)
    cause = fields.String(required=True, metadata={"codes": CAUSES_DOUTE})
    message = fields.String(required=True)


class DossierNumbered(Told):
    """A funder's own number of a dossier."""

    financeur = fields.String(required=True)
    reference = fields.String(required=True)


class Costs(Told):
    """What is paid of a dossier by all its funders together, in cents: by nature, in all, and against the
    total that was accepted, where one was told; `ecart` is what is missing, or below zero what is too
    much."""

    par_nature = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    total = fields.Integer(required=True)
    cout_total = fields.Integer(required=True, allow_none=True)
    ecart = fields.Integer(required=True, allow_none=True)


class DossierRead(Told):
    """A dossier's visible blocks, each as `contracts.declaration` names its fields, and what is hidden.

    `etat` and `statut_apprenti` are of the day that was asked for; anomalies, doubts and costs, of what is
    visible.
    """

    dossier_id = fields.UUID(required=True)
    etat = fields.String(required=True)
    blocs = fields.Dict(required=True)
    masques = fields.List(fields.Nested(Hidden), required=True)
    statut_apprenti = fields.String(allow_none=True, load_default=None, metadata={"codes": STATUTS_APPRENTI})
    anomalies = fields.List(fields.Nested(AnomalyShown), load_default=list)
    doutes = fields.List(fields.Nested(DoubtShown), load_default=list)
    couts = fields.Nested(Costs, allow_none=True, load_default=None)


class Followed(Told):
    """What followed a training so many months after its exit. Null where that day is still to come.

    `en_emploi`: a contract runs on that day; `emploi_trouve`: one began between the exit and that day;
    `durable`: one of these without an end, or of six months at least. A stage is no contract.
    """

    dossier_id = fields.UUID(required=True)
    mois = fields.Integer(required=True)
    le = fields.Date(required=True)
    en_emploi = fields.Boolean(required=True, allow_none=True)
    emploi_trouve = fields.Boolean(required=True, allow_none=True)
    durable = fields.Boolean(required=True, allow_none=True)


class ParcoursRead(Told):
    """The dossiers the caller may read, and the person-wide blocks it may read.

    `suites`: what followed each training, for whoever may read its dates and the person's jobs.
    """

    person_id = fields.UUID(required=True)
    dossiers = fields.List(fields.Nested(DossierRead), required=True)
    blocs = fields.Dict(required=True)
    masques = fields.List(fields.Nested(Hidden), required=True)
    decision = fields.String(required=True)
    suites = fields.List(fields.Nested(Followed), load_default=list)


class FieldAsked(DossierAsked):
    """One field of a dossier: `dates.entree_le`; of a list, of one of its items: `financements.0.total`."""

    champ = Text(required=True, most=128)


class StatementTold(Told):
    """One declaration's word on a field. `lot` and `ligne` are told to whom they are of use: its source."""

    declaration_id = fields.UUID(required=True)
    source = fields.String(required=True)
    valeur = fields.Raw(required=True, allow_none=True)
    effet_le = fields.Date(required=True)
    dite_le = Instant(required=True)
    recue_le = Instant(required=True)
    lot = fields.String(required=True, allow_none=True)
    ligne = fields.Integer(required=True, allow_none=True)
    rang = fields.Integer(required=True)  # of authority: the smaller is believed before
    remplacee = fields.Boolean(required=True)  # its own source said otherwise later


class Why(Told):
    """Why a field has its value: the statement that won, the rule by which it did, and the others."""

    dossier_id = fields.UUID(required=True)
    champ = fields.String(required=True)
    valeur = fields.Raw(required=True)
    regle = fields.String(required=True, metadata={"codes": RULES})
    gagnante = fields.Nested(StatementTold, required=True)
    autres = fields.List(fields.Nested(StatementTold), required=True)
    decision = fields.String(required=True)


class ValueKnown(Told):
    """The value of a field from an instant on, and whose statement it was; no value: there was none then."""

    connu_le = Instant(required=True)
    valeur = fields.Raw(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)


class History(Told):
    """What a field was known to be, one after the other. `complete` false: there is more than is told."""

    dossier_id = fields.UUID(required=True)
    champ = fields.String(required=True)
    valeurs = fields.List(fields.Nested(ValueKnown), required=True)
    complete = fields.Boolean(required=True)
    decision = fields.String(required=True)


class MomentsAsked(Asked):
    """A dossier at two moments."""

    dossier_id = fields.UUID(required=True)
    finalite = Code(FINALITES, required=True)
    avant = Part(At, required=True)
    apres = Part(At, load_default=dict)


class Difference(Told):
    """A path at which a dossier differs between two moments."""

    chemin = fields.String(required=True)
    avant = fields.Raw(required=True, allow_none=True)
    apres = fields.Raw(required=True, allow_none=True)


class MomentsCompared(Told):
    """What differs between two moments, of what one may read."""

    dossier_id = fields.UUID(required=True)
    etat_avant = fields.String(required=True, allow_none=True)
    etat_apres = fields.String(required=True, allow_none=True)
    differences = fields.List(fields.Nested(Difference), required=True)
    decision = fields.String(required=True)


READERS: frozenset[Caller] = frozenset({"partner"})
OF_ONE = {"dossier_introuvable": "not_found"}
_OF_A_FIELD = {**OF_ONE, "champ_introuvable": "not_found"}
READ_DOSSIER = Call("dossier", "read_dossier", DossierAsked, DossierRead, READERS, OF_ONE)
READ_PARCOURS = Call(
    "dossier",
    "read_parcours",
    ParcoursAsked,
    ParcoursRead,
    READERS,
    {"parcours_introuvable": "not_found", "lecture_refusee": "refused"},
)
WHY = Call("dossier", "why", FieldAsked, Why, READERS, _OF_A_FIELD)
HISTORY = Call("dossier", "history", FieldAsked, History, READERS, _OF_A_FIELD)
COMPARE = Call("dossier", "compare", MomentsAsked, MomentsCompared, READERS, OF_ONE)

"""What access says: which organisations there are, what each may do, and whether it may read this."""

from marshmallow import fields

from services.contracts.dossier.codes import BLOCKS, FINALITES, FINALITES_GESTION
from services.contracts.dossier.codes import MOTIFS as MOTIFS_DOSSIERS
from services.contracts.fields import Asked, Code, Day, Many, Part, Text, Told, Whole, YesNo, siret
from services.contracts.identity import FINALITES as FINALITES_IDENTITE
from services.contracts.identity import MOTIFS
from services.contracts.message import Call, Event

# What an organisation is. A profile says which services it finds and which kinds it may declare.
PROFILES = {
    "opco": "opérateur de compétences",
    "transitions_pro": "association Transitions Pro",
    "region": "conseil régional",
    "france_travail": "France Travail",
    "caisse_des_depots": "Caisse des Dépôts",
    "agefiph": "Agefiph",
    "payeur": "rémunérateur (ASP, Docaposte)",
    "certificateur": "certificateur",
    "dsn": "point de dépôt DSN",
    "operateur_cep": "opérateur du conseil en évolution professionnelle",
    "bureau_identites": "bureau des identités",
    "ministere": "ministère chargé de la formation professionnelle",
}

# How far an habilitation reaches: the dossiers to which the organisation has this role, or the whole
# parcours of a person to whom it has it.
PERIMETRES = ("dossiers_finances", "dossiers_payes", "personnes_accompagnees", "personnes_financees")


class OrganisationTold(Told):
    """An organisation as it stands; the highest version stands."""

    siret = fields.String(required=True)
    version = fields.Integer(required=True)
    profile = fields.String(required=True)
    natures = fields.List(
        fields.String(), required=True
    )  # kinds it may declare; none: it may declare nothing


class OrganisationsChanged(Told):
    """Organisations that were registered, or registered anew."""

    organisations = fields.List(fields.Nested(OrganisationTold), required=True)


ORGANISATIONS_CHANGED = Event("access", "organisations_changed", 1, OrganisationsChanged, "organisations")


class HabilitationAsked(Asked):
    """A right to read, or to look after identities, with its legal basis and its days, both included."""

    service = Code(frozenset({"dossier", "reporting", "identity"}), required=True)
    finalite = Code(
        {**FINALITES_IDENTITE, **FINALITES, **FINALITES_GESTION, "pilotage": "indicateurs"}, required=True
    )
    perimetre = Code(frozenset(PERIMETRES), allow_none=True, load_default=None)
    blocs = Many(Code(frozenset(BLOCKS)), load_default=list)
    base_legale = Text(required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)


class OrganisationAsked(Asked):
    """An organisation to register, or to register anew, with all its habilitations."""

    siret = siret(required=True)
    nom = Text(required=True)
    profile = Code(PROFILES, required=True)
    habilitations = Many(Part(HabilitationAsked), required=True, most=50)


class OrganisationsAsked(Asked):
    """Organisations to register: all of them, or none."""

    organisations = Many(Part(OrganisationAsked), required=True, least=1, most=500)


class Registered(Told):
    """How many organisations were registered."""

    registered = fields.Integer(required=True)


class NothingAsked(Asked):
    """A call without arguments: the caller is who it is."""


class HabilitationTold(Told):
    """One right, as its holder sees it."""

    service = fields.String(required=True)
    finalite = fields.String(required=True)
    perimetre = fields.String(required=True, allow_none=True)
    blocs = fields.List(fields.String(), required=True)
    base_legale = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)
    in_force = fields.Boolean(required=True)


class Profile(Told):
    """What an organisation finds when it logs in."""

    siret = fields.String(required=True)
    nom = fields.String(required=True)
    profile = fields.String(required=True)
    services = fields.List(fields.String(), required=True)
    natures = fields.List(fields.String(), required=True)
    habilitations = fields.List(fields.Nested(HabilitationTold), required=True)


class DecisionAsked(Asked):
    """May `siret` read these dossiers of this person, for this purpose? `reason` goes to the journal."""

    siret = siret(required=True)
    service = Code(frozenset({"dossier"}), required=True)
    finalite = Code(FINALITES, required=True)
    person_id = fields.UUID(required=True)
    dossiers = Many(fields.UUID(), required=True, most=10_000)


class BlockHidden(Told):
    """A block that stays closed, and the code of the reason."""

    bloc = fields.String(required=True)
    motif = fields.String(required=True)


class DossierDecision(Told):
    """A dossier that may be read, with its open blocks; one that may not is not listed at all."""

    dossier_id = fields.UUID(required=True)
    blocs = fields.List(fields.String(), required=True)
    masques = fields.List(fields.Nested(BlockHidden), required=True)


class Decision(Told):
    """`granted` false: nothing may be read, for `reason`. `decision` is the journal entry's number."""

    granted = fields.Boolean(required=True)
    reason = fields.String(required=True)
    decision = fields.String(required=True)
    dossiers = fields.List(fields.Nested(DossierDecision), required=True)
    blocs = fields.List(fields.String(), required=True)  # of the person: certifications, emplois…
    masques = fields.List(fields.Nested(BlockHidden), required=True)


class FiguresDecisionAsked(Asked):
    """May `siret` read consolidated figures?"""

    siret = siret(required=True)
    table = Text(required=True, most=64)


class FiguresDecision(Told):
    """As `Decision`: figures may be read, or not, for `reason`."""

    granted = fields.Boolean(required=True)
    reason = fields.String(required=True)
    decision = fields.String(required=True)


class IdentityDecisionAsked(Asked):
    """May `siret` make this call to identity, about these persons? `agent` and `motif` go to the journal.

    No person: the call tells no civil status and speaks of nobody by itself (a feed, say).
    """

    siret = siret(required=True)
    appel = Text(required=True, most=64)  # `identity.compare`
    finalite = Code(FINALITES_IDENTITE, required=True)
    person_ids = Many(fields.UUID(), required=True, most=20_000)
    agent = Text(most=64)
    motif = Code(MOTIFS)


class IdentityDecision(Told):
    """As `Decision`: it may, or not, for `reason`."""

    granted = fields.Boolean(required=True)
    reason = fields.String(required=True)
    decision = fields.String(required=True)


class DossiersDecisionAsked(Asked):
    """May `siret` make this call to dossier, about these dossiers of these persons? As for identity, `agent`
    and `motif` go to the journal; no dossier: the call speaks of none by itself."""

    siret = siret(required=True)
    appel = Text(required=True, most=64)  # `dossier.join`
    finalite = Code(FINALITES_GESTION, required=True)
    person_ids = Many(fields.UUID(), required=True, most=1_000)
    dossiers = Many(fields.UUID(), required=True, most=10_000)
    agent = Text(most=64)
    motif = Code(MOTIFS_DOSSIERS)


class DossiersDecision(Told):
    """As `Decision`: it may, or not, for `reason`."""

    granted = fields.Boolean(required=True)
    reason = fields.String(required=True)
    decision = fields.String(required=True)


class ReadingAsked(Asked):
    """May `siret` read these dossiers of this person, and what of the parcours is in none? Without
    `finalite`, for whichever of its purposes opens something: a dossier or, where none is asked about, a
    block of the parcours; where `blocs` are named, one of these. So is asked of what the hub tells by itself.
    `version`: of the parcours, whose relations are to be known at least."""

    siret = siret(required=True)
    finalite = Code(FINALITES, allow_none=True, load_default=None)
    person_id = fields.UUID(required=True)
    version = Whole(load_default=0, most=2**63 - 1)
    dossiers = Many(fields.UUID(), required=True, most=1_000)
    blocs = Many(Code(frozenset(BLOCKS)), load_default=list)


class ReadingsAsked(Asked):
    """Many readings for one call, decided together. `ensemble`: all of them, or none while the relations of
    one are not known yet."""

    appel = Text(required=True, most=64)  # `dossier.changes`
    lectures = Many(Part(ReadingAsked), required=True, least=1, most=2_000)
    ensemble = YesNo(load_default=False)


class ReadingDecided(Told):
    """As `Decision`, of one reading. `a_jour` false: the relations asked for are not known yet, and nothing
    was decided. No `blocs`: of the person's blocks nothing was decided, by a version of access before."""

    a_jour = fields.Boolean(required=True)
    granted = fields.Boolean(required=True)
    reason = fields.String(required=True)
    finalite = fields.String(required=True, allow_none=True)
    decision = fields.String(required=True, allow_none=True)
    dossiers = fields.List(fields.Nested(DossierDecision), required=True)
    blocs = fields.List(fields.String(), allow_none=True, load_default=None)
    masques = fields.List(fields.Nested(BlockHidden), load_default=list)


class ReadingsDecided(Told):
    """In the order in which they were asked for."""

    lectures = fields.List(fields.Nested(ReadingDecided), required=True)


class JournalVerified(Told):
    """Whether every entry follows from the one before; the first that does not, if any."""

    entries = fields.Integer(required=True)
    intact = fields.Boolean(required=True)
    broken_at = fields.String(required=True, allow_none=True)


REGISTER = Call(
    "access",
    "register",
    OrganisationsAsked,
    Registered,
    frozenset({"operator"}),
    {"inscription_refusee": "bad_request"},
)
PROFILE = Call(
    "access", "profile", NothingAsked, Profile, frozenset({"partner"}), {"organisation_inconnue": "not_found"}
)
DECIDE = Call("access", "decide", DecisionAsked, Decision, frozenset({"dossier"}))
DECIDE_FIGURES = Call(
    "access", "decide_figures", FiguresDecisionAsked, FiguresDecision, frozenset({"reporting"})
)
DECIDE_IDENTITY = Call(
    "access", "decide_identity", IdentityDecisionAsked, IdentityDecision, frozenset({"identity"})
)
DECIDE_DOSSIERS = Call(
    "access", "decide_dossiers", DossiersDecisionAsked, DossiersDecision, frozenset({"dossier"})
)
DECIDE_READINGS = Call(
    "access",
    "decide_readings",
    ReadingsAsked,
    ReadingsDecided,
    frozenset({"dossier"}),
    {"relations_en_retard": "unavailable"},
)
VERIFY_JOURNAL = Call("access", "verify_journal", NothingAsked, JournalVerified, frozenset({"operator"}))

EVENTS = (ORGANISATIONS_CHANGED,)
CALLS = (
    REGISTER,
    PROFILE,
    DECIDE,
    DECIDE_FIGURES,
    DECIDE_IDENTITY,
    DECIDE_DOSSIERS,
    DECIDE_READINGS,
    VERIFY_JOURNAL,
)

"""What identity says: which person each declaration speaks of; and what whoever looks after identities asks.

Events hold no trait. Calls are of the identities' desk: `compare` and `civil_status` show civil status, each
time with an entry in access's journal; no answer ever holds a NIR, and no call lists or searches persons.
"""

from marshmallow import fields

from services.contracts.fields import Asked, Code, Instant, Many, Rows, Text, Told, Whole
from services.contracts.message import Call, Caller, Event


class Attribution(Told):
    """`version` grows with every decision about the declaration: the highest stands."""

    declaration_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    rule = fields.String(required=True)


class DeclarationsAttributed(Told):
    """Declarations whose person is decided, for the first time or anew."""

    at = fields.AwareDateTime(required=True)
    attributions = Rows(Attribution, required=True)


DECLARATIONS_ATTRIBUTED = Event(
    "identity", "declarations_attributed", 1, DeclarationsAttributed, "attributions"
)


# What one may ask identity for. Each call but `civil_status` is part of `gestion_identites`.
FINALITES = {
    "gestion_identites": "tenue des identités : doutes, liaisons, séparations (R.6323-32, R.6323-33)",
    "droits_personne": "réponse à la personne sur ses données (R.6323-35 I, RGPD art. 15 et 16)",
    "prise_en_charge": "instruction d’une prise en charge (R.6323-35 II)",
    "accompagnement": "conseil en évolution professionnelle (R.6323-35 III)",
}

# What whoever funds or follows a person needs to be sure who it is, and no more of the civil status.
TO_RECOGNISE = ("nom_naissance", "nom_usage", "prenoms", "sexe", "date_naissance")
SHOWN_IN_PART = {"prise_en_charge": TO_RECOGNISE, "accompagnement": TO_RECOGNISE}

# A code and not a sentence: a sentence would name the person, and stay beside the decision for ever.
MOTIFS = {
    "acte_presente": "un acte d’état civil ou une pièce d’identité a été vu",
    "confirme_par_personne": "la personne l’a confirmé",
    "confirme_par_source": "la source d’une des déclarations l’a confirmé",
    "traits_concordants": "les traits concordent, vus côte à côte",
    "traits_contraires": "les traits se contredisent, vus côte à côte",
    "decision_erronee": "une décision antérieure était erronée",
}
SCOPES = {
    "lignes": "ces déclarations, de celle-là seule",
    "personnes": "ces déclarations, de toutes celles de cette personne",
}
CAUSES = {
    "incertain": "les traits ne suffisent ni à rapprocher ni à séparer",
    "jumeaux": "peut-être des jumeaux",
    "parent": "peut-être un parent du même nom",
    "famille": "peut-être deux personnes d’une même famille",
    "homonyme": "peut-être deux personnes de mêmes noms et lieux : la naissance les oppose",
    "nir_contredit": "le même NIR, et des traits contraires",
    "nir_differents": "deux NIR, et des traits concordants",
    "chaine": "rapprochées l’une de l’autre, contre l’avis des autres déclarations",
}
RULES = {
    "unanime": "nul ne dit autre chose",
    "nir_certifie": "dit avec un NIR certifié",
    "autorite": "la source fait autorité sur ce trait",
    "fraicheur": "le dire le plus récent",
    "ordre": "à égalité, le premier dans l’ordre alphabétique",
}

MOST_LINES = 500


class ByAgent(Asked):
    """`agent` is the organisation's own reference of who asks, without a name: it goes to the journal."""

    agent = Text(required=True, most=64)


class PairAsked(ByAgent):
    """Two declarations."""

    declarations = Many(fields.UUID(), required=True, least=2, most=2)


class LinkAsked(PairAsked):
    """Two declarations are of one person. `reference` is the caller's own: asked again, it has one effect."""

    reference = Text(required=True, most=64)
    motif = Code(MOTIFS, required=True)


class SplitAsked(ByAgent):
    """`declarations` are not of the person of `autre`. `reference` as for a link."""

    reference = Text(required=True, most=64)
    declarations = Many(fields.UUID(), required=True, least=1, most=MOST_LINES)
    autre = fields.UUID(required=True)
    portee = Code(SCOPES, required=True)
    motif = Code(MOTIFS, required=True)


class RevokeAsked(ByAgent):
    """A link or a split is taken back: persons are what they would be without it."""

    ruling_id = fields.UUID(required=True)
    motif = Code(MOTIFS, required=True)


class Ruled(Told):
    """The persons, as they stand, of the lines that the ruling speaks of; how many lines changed persons by
    it. `decision` is the journal entry's number."""

    ruling_id = fields.UUID(required=True)
    person_ids = fields.List(fields.UUID(), required=True)
    lignes_deplacees = fields.Integer(required=True)
    decision = fields.String(required=True)


class Thresholds(Told):
    """In bits: a pair is a link from `liaison` on, a doubt from `revue` on; a link that was made stays from
    `separation` on."""

    liaison = fields.Float(required=True)
    revue = fields.Float(required=True)
    separation = fields.Float(required=True)


class ReviewsAsked(Asked):
    """The doubts after a place: the `suite` of the page before."""

    apres = Many(Whole(most=2**63 - 1), least=2, most=2, load_default=[0, 0])
    doutes = Whole(load_default=50, least=1, most=200)


class Doubt(Told):
    """Two persons who may be one, and for each the declaration in which that shows."""

    person_ids = fields.List(fields.UUID(), required=True)
    declarations = fields.List(fields.UUID(), required=True)
    cause = fields.String(required=True, metadata={"codes": CAUSES})
    poids = fields.Float(required=True)  # bits


class Reviews(Told):
    """A page of doubts; none, and there are no more."""

    doutes = fields.List(fields.Nested(Doubt), required=True)
    suite = fields.List(fields.Integer(), required=True)
    seuils = fields.Nested(Thresholds, required=True)
    decision = fields.String(required=True)


class TraitWeighed(Told):
    """How alike two declarations are in one trait, and what that weighs, in bits; `rarete` is the part of it
    that the value itself adds. No level: one of the two does not say."""

    trait = fields.String(required=True)
    niveau = fields.String(required=True, allow_none=True)
    poids = fields.Float(required=True)
    rarete = fields.Float(required=True)


class Explained(Told):
    """Why two declarations are of one person or not. `total` is `a_priori` and the weights, in bits of odds;
    `reponse` is what the model answers by itself, before what the others and humans say."""

    modele = fields.String(required=True)
    a_priori = fields.Float(required=True)
    traits = fields.List(fields.Nested(TraitWeighed), required=True)
    total = fields.Float(required=True)
    seuils = fields.Nested(Thresholds, required=True)
    reponse = fields.String(required=True)
    cause = fields.String(required=True)
    person_ids = fields.List(fields.UUID(), required=True)
    decision = fields.String(required=True)


class BirthTold(Told):
    """As `contracts.declaration` has it."""

    date = fields.String(required=True)
    commune = fields.String(allow_none=True)
    pays = fields.String(allow_none=True)


class AddressTold(Told):
    """As `contracts.declaration` has it."""

    code_postal = fields.String(allow_none=True)
    commune = fields.String(allow_none=True)


class CivilStatusTold(Told):
    """What one declaration tells of its person. Of a NIR: whether there is one and is certified."""

    declaration_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    source = fields.String(required=True, allow_none=True)
    dite_le = Instant(required=True, allow_none=True)
    nom_naissance = fields.String(required=True)
    nom_usage = fields.String(allow_none=True)
    prenoms = fields.List(fields.String(), required=True)
    sexe = fields.String(required=True)
    naissance = fields.Nested(BirthTold, required=True)
    adresse = fields.Nested(AddressTold, allow_none=True)
    a_un_nir = fields.Boolean(required=True)
    nir_certifie = fields.Boolean(required=True)


class Compared(Told):
    """The candidates side by side, and how they compare."""

    candidats = fields.List(fields.Nested(CivilStatusTold), required=True)
    explication = fields.Nested(Explained, required=True)


class ResolveAsked(Asked):
    """Of whom these declarations speak, as known at `connu_le`, or now."""

    declarations = Many(fields.UUID(), required=True, least=1, most=MOST_LINES)
    connu_le = Instant()


class LineResolved(Told):
    """No person: nothing was known of the line then. `regle` is what decided."""

    declaration_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True, allow_none=True)
    version = fields.Integer(required=True, allow_none=True)
    regle = fields.String(required=True, allow_none=True)


class Resolved(Told):
    """In the order in which they were asked for."""

    lignes = fields.List(fields.Nested(LineResolved), required=True)
    decision = fields.String(required=True)


class ChangesAsked(Asked):
    """The moves after number `apres`."""

    apres = Whole(load_default=0, most=2**63 - 1)
    mouvements = Whole(load_default=500, least=1, most=1_000)


class Moved(Told):
    """Lines of one person are another's from now on: `resolve` says which of those one knows."""

    numero = fields.Integer(required=True)
    de = fields.UUID(required=True)
    vers = fields.UUID(required=True)
    cause = fields.String(required=True)
    le = Instant(required=True)


class Changes(Told):
    """Moves in the order in which they became true; whoever goes on from `suite` misses none."""

    mouvements = fields.List(fields.Nested(Moved), required=True)
    suite = fields.Integer(required=True)
    decision = fields.String(required=True)


class CivilStatusAsked(ByAgent):
    """The civil status of a person, as far as the purpose needs it."""

    person_id = fields.UUID(required=True)
    finalite = Code(FINALITES, required=True)


class TraitShown(Told):
    """A trait and why it is the one shown: who said it, when, by which rule it won, and how many other
    sources say otherwise."""

    trait = fields.String(required=True)
    valeurs = fields.List(fields.String(), required=True)  # one; of first names, as many as there are
    source = fields.String(required=True, allow_none=True)
    dite_le = Instant(required=True, allow_none=True)
    regle = fields.String(required=True, metadata={"codes": RULES})
    contraires = fields.Integer(required=True)


class CivilStatus(Told):
    """The civil status to show, trait by trait."""

    person_id = fields.UUID(required=True)
    traits = fields.List(fields.Nested(TraitShown), required=True)
    a_un_nir = fields.Boolean(required=True)
    nir_certifie = fields.Boolean(required=True)
    decision = fields.String(required=True)


_PARTNERS: frozenset[Caller] = frozenset({"partner"})
_ANY = {"identites_refusees": "refused"}
_OF_LINES = {**_ANY, "declaration_inconnue": "not_found"}
_OF_RULINGS = {
    **_OF_LINES,
    "declaration_sans_identite": "bad_request",
    "decision_contraire": "conflict",
    "reference_deja_utilisee": "conflict",
}

LINK = Call("identity", "link", LinkAsked, Ruled, _PARTNERS, _OF_RULINGS)
SPLIT = Call(
    "identity",
    "split",
    SplitAsked,
    Ruled,
    _PARTNERS,
    {**_OF_RULINGS, "meme_contenu": "conflict", "personne_trop_large": "conflict"},
)
REVOKE = Call("identity", "revoke", RevokeAsked, Ruled, _PARTNERS, {**_ANY, "decision_inconnue": "not_found"})
REVIEWS = Call("identity", "reviews", ReviewsAsked, Reviews, _PARTNERS, _ANY)
COMPARE = Call("identity", "compare", PairAsked, Compared, _PARTNERS, _OF_LINES)
EXPLAIN = Call("identity", "explain", PairAsked, Explained, _PARTNERS, _OF_LINES)
RESOLVE = Call("identity", "resolve", ResolveAsked, Resolved, _PARTNERS, _ANY)
CHANGES = Call("identity", "changes", ChangesAsked, Changes, _PARTNERS, _ANY)
CIVIL_STATUS = Call(
    "identity",
    "civil_status",
    CivilStatusAsked,
    CivilStatus,
    _PARTNERS,
    {**_ANY, "personne_inconnue": "not_found"},
)

EVENTS = (DECLARATIONS_ATTRIBUTED,)
CALLS = (LINK, SPLIT, REVOKE, REVIEWS, COMPARE, EXPLAIN, RESOLVE, CHANGES, CIVIL_STATUS)

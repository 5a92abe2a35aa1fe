"""What dossier says: what became of each declaration, which dossiers changed, and what may be counted.

dossiers_changed       to access and to whoever follows dossiers: who is related to what
declarations_applied   to ingestion: the effect of every declaration, for the receipts
facts_changed          to reporting: what is counted, the person being a keyed hash
lives_changed          to dossier itself: what happened in trainings, for the notices of who follows them
values_spared          to reporting: how many values partners need not ask for, of whom a keyed hash
notifications          to one partner, on its own queue: what happened to those whom it follows or funds
"""

from uuid import UUID

from marshmallow import fields

from services.contracts.declaration import NATURES
from services.contracts.fields import Asked, Code, Day, Instant, Many, Part, Text, Told, Whole, siret
from services.contracts.message import Call, Caller, Event

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


class FieldChanged(Told):
    """A field that changed, and the declaration from which it now is: none where nobody says it any more.
    Values are for those who may see them: `changes` gives them."""

    path = fields.String(required=True)
    declaration_id = fields.UUID(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)


class DossierRelated(Told):
    """A dossier as it stands, for those who do not see inside: what changed in it and why, and no value."""

    dossier_id = fields.UUID(required=True)
    state = fields.String(required=True)
    change = fields.String(required=True)  # opened | changed | unchanged
    blocks = fields.List(fields.String(), required=True)
    relations = fields.List(fields.Nested(Relation), required=True)
    state_before = fields.String(allow_none=True, load_default=None)  # of one that changed
    changes = fields.List(fields.Nested(FieldChanged), load_default=list)


class ParcoursRelated(Told):
    """All of one person's dossiers and relations: a later version replaces an earlier one whole."""

    person_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    relations = fields.List(fields.Nested(Relation), required=True)
    dossiers = fields.List(fields.Nested(DossierRelated), required=True)
    withdrawn = fields.List(fields.UUID(), required=True)
    changes = fields.List(fields.Nested(FieldChanged), load_default=list)  # of what belongs to no dossier


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


GRAVITIES = {
    "erreur": "une des déclarations est fausse : sa source doit dire laquelle",
    "alerte": "cela peut être exact : à vérifier",
}

# Where a training is: `etat` of what is read.
STATES = {
    "annonce": "annoncé, par d’autres que son financeur",
    "prevu": "prévu",
    "accorde": "pris en charge",
    "refuse": "prise en charge refusée",
    "annule": "annulé avant l’entrée",
    "en_formation": "en formation",
    "interrompu": "interrompu",
    "rompu": "contrat d’alternance rompu",
    "termine": "terminé",
    "abandonne": "abandonné",
    "service_fait": "service fait",
    "certifie": "certifié",
}

# What can be found in a dossier, once declarations meet there: what it is, and what their sources can do
# about it.
ANOMALIES = {
    "sortie_avant_entree": (
        "La sortie précède l’entrée en formation.",
        "Rectifiez la date qui est fausse : celle de l’entrée ou celle de la sortie.",
    ),
    "sortie_sans_entree": (
        "Une sortie est déclarée, et l’entrée ne l’est pas.",
        "Déclarez l’entrée effective (événement « entree »).",
    ),
    "evenement_futur": (
        "L’événement est daté d’après sa déclaration.",
        "Rectifiez la date, ou déclarez l’événement une fois qu’il a eu lieu.",
    ),
    "entree_apres_fin_prevue": (
        "L’entrée est postérieure à la fin prévue.",
        "Rectifiez l’entrée, ou déclarez les nouvelles dates (événement « report »).",
    ),
    "dates_prevues_inversees": (
        "La fin prévue précède le début prévu.",
        "Redonnez ensemble le début et la fin prévus (événement « report »).",
    ),
    "entree_ancienne": (
        "L’entrée précède de plus d’un an la première déclaration du dossier.",
        "Vérifiez l’année de la date d’entrée.",
    ),
    "heures_prevues_excessives": (
        "Les heures prévues dépassent dix heures par jour.",
        "Vérifiez les heures et les dates prévues.",
    ),
    "heures_realisees_excessives": (
        "Les heures réalisées dépassent dix heures par jour entre l’entrée et la sortie.",
        "Vérifiez les heures réalisées et la date de sortie.",
    ),
    "taux_incoherent": (
        "Le taux de réalisation contredit la réalisation totale ou partielle.",
        "Totale : 100 % ; partielle : moins de 100 %. Rectifiez l’un des deux.",
    ),
    "abandon_realise_en_entier": (
        "La formation est abandonnée, et réalisée en entier.",
        "Rectifiez le taux, ou déclarez une sortie au lieu d’un abandon.",
    ),
    "reprise_sans_interruption": (
        "Une reprise est déclarée sans interruption avant elle.",
        "Déclarez l’interruption, ou retirez la reprise.",
    ),
    "evenement_apres_sortie": (
        "L’événement est postérieur à la fin de la formation.",
        "Rectifiez sa date ou celle de la sortie.",
    ),
    "evenement_apres_refus": (
        "L’événement suit un refus ou une annulation.",
        "Retirez l’événement, ou le refus ou l’annulation s’ils n’ont plus lieu d’être.",
    ),
    "annulation_apres_entree": (
        "Le dossier est annulé ou refusé après l’entrée en formation.",
        "Une entrée effective ne s’annule pas : déclarez une sortie, ou rectifiez l’entrée.",
    ),
    "service_fait_sans_sortie": (
        "Le service fait est déclaré avant la sortie.",
        "Déclarez la sortie effective.",
    ),
    "financements_superieurs_au_cout": (
        "La somme des financements dépasse le coût total accepté.",
        "Vérifiez vos postes et le coût total ; rapprochez-vous du cofinanceur.",
    ),
    "financements_inferieurs_au_cout": (
        "La somme des financements n’atteint pas le coût total accepté.",
        "Vérifiez vos postes ; il se peut qu’un cofinanceur n’ait pas encore déclaré sa part.",
    ),
    "couts_differents": (
        "Les financeurs ne déclarent pas le même coût total.",
        "Vérifiez le coût total avec le cofinanceur.",
    ),
    "remuneration_hors_formation": (
        "La période rémunérée est hors des dates de la formation.",
        "Vérifiez la période ; si elle est exacte, les dates du financeur sont à rectifier.",
    ),
    "certification_avant_entree": (
        "La certification est antérieure à l’entrée en formation.",
        "Vérifiez la date du jury et celle de l’entrée.",
    ),
    "dispositif_ferme": (
        "On ne pouvait pas entrer par ce dispositif à cette date.",
        "Vérifiez le dispositif et la date d’entrée.",
    ),
    "duree_contrat": (
        "La durée du contrat d’apprentissage n’est pas comprise entre 6 et 54 mois.",
        "Vérifiez les dates du contrat (CERFA FA 13).",
    ),
    "contrat_hors_formation": (
        "Le contrat commence plus de trois mois avant la formation ou finit plus de trois mois après.",
        "Vérifiez les dates du contrat et de la formation (CERFA FA 13).",
    ),
    "dossier_peut_etre_en_double": (
        "Vous avez un autre dossier pour la même personne, le même organisme et la même période.",
        "Retirez celui qui est de trop, ou faites confirmer que ce sont deux formations.",
    ),
}


class Anomaly(Told):
    """What does not hold together in a dossier, as it shows in one declaration: where in it."""

    code = fields.String(required=True, metadata={"codes": {code: one[0] for code, one in ANOMALIES.items()}})
    gravite = fields.String(required=True, metadata={"codes": GRAVITIES})
    chemin = fields.String(required=True)


class Effect(Told):
    """What became of a declaration. The highest version stands, with its anomalies, or none any more."""

    declaration_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    dossier_id = fields.UUID(required=True, allow_none=True)
    effect = fields.String(required=True, metadata={"codes": EFFECTS})
    constats = fields.List(fields.Nested(Anomaly), load_default=list)


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


class ValuesCounted(Told):
    """How many values a partner was given for declarations of a kind and had not told itself: to be added,
    or below zero to be taken off, where identity has given what was said to another person.

    `stagiaire` as in `Fact`. `profil`: what the partner was when it last spoke of the person.
    """

    mois = fields.String(required=True)  # in which they were given first, `aaaa-mm`
    nature = fields.String(required=True)
    partenaire = fields.String(required=True)
    profil = fields.String(required=True, allow_none=True)
    stagiaire = fields.String(required=True)
    valeurs = fields.Integer(required=True)


class ValuesSpared(Told):
    """What partners need not ask anybody again."""

    at = fields.AwareDateTime(required=True)
    spared = fields.List(fields.Nested(ValuesCounted), required=True)


# What is notified of a training.
NOTIFIED = {
    "accord": "prise en charge accordée",
    "refus": "prise en charge refusée",
    "annulation": "annulation avant l’entrée",
    "entree": "entrée en formation",
    "interruption": "interruption",
    "reprise": "reprise",
    "rupture": "rupture du contrat d’alternance",
    "contrat": "contrat d’alternance",
    "sortie": "sortie",
    "abandon": "abandon",
    "exclusion": "exclusion",
    "service_fait": "service fait",
    "certification": "certification obtenue",
    "retrait": "le dossier n’est plus au parcours de la personne",
}
# What is notified of what belongs to the person and to none of her dossiers. A stage is no contract of work;
# a certification to which a dossier leads is that dossier's.
NOTIFIED_OF_PARCOURS = {
    "emploi": "contrat de travail",
    "fin_emploi": "fin du contrat de travail",
    "certification": "certification obtenue, hors de tout dossier",
    "accompagnement": "accompagnement par un opérateur CEP",
    "fin_accompagnement": "fin de l’accompagnement",
}
# What happened before is history: it is read, and not notified.
NOTIFIED_DAYS = 366


class LifeChanged(Told):
    """One thing that happened in a training or to its person, happened on another day than was told, or did
    not happen. What belongs to no dossier has the person's id for the dossier's. `readers`: who is related to
    the dossier or to the person, but for who told it."""

    notice_id = fields.UUID(required=True)  # follows from the change: the same change gives the same
    person_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    dossier_id = fields.UUID(required=True)
    event = fields.String(required=True, metadata={"codes": {**NOTIFIED_OF_PARCOURS, **NOTIFIED}})
    on = fields.Date(required=True, allow_none=True)
    was_on = fields.Date(required=True, allow_none=True)
    readers = fields.List(fields.String(), required=True)


class LivesChanged(Told):
    """What happened in trainings, without a word of whose they are."""

    at = fields.AwareDateTime(required=True)
    lives = fields.List(fields.Nested(LifeChanged), required=True)


class Notification(Told):
    """What happened to someone whom the partner follows or funds: its own reference, and nothing else of
    the person.

    `le` is the day; `avant` is the one that was told before. No `le`: it did not happen after all. The same
    `notification_id` is the same notification, however often it comes. `decision`: access's journal entry.
    """

    notification_id = fields.UUID(required=True)
    reference = fields.String(required=True)
    dossier_id = fields.UUID(required=True)
    evenement = fields.String(required=True, metadata={"codes": NOTIFIED})
    le = fields.Date(required=True, allow_none=True)
    avant = fields.Date(required=True, allow_none=True)
    decision = fields.String(required=True)


class ParcoursNotification(Told):
    """As `Notification`, of what belongs to the person and to none of her dossiers. `person_id` as
    `read_parcours` gives it."""

    notification_id = fields.UUID(required=True)
    reference = fields.String(required=True)
    person_id = fields.UUID(required=True)
    evenement = fields.String(required=True, metadata={"codes": NOTIFIED_OF_PARCOURS})
    le = fields.Date(required=True, allow_none=True)
    avant = fields.Date(required=True, allow_none=True)
    decision = fields.String(required=True)


class Notifications(Told):
    """What happened, for one partner: on its queue `<siret>.notifications`, and nowhere else. `notifications`
    are of dossiers, `parcours` of what is in none.

    The queue holds `MOST_NOTIFICATIONS` messages for `NOTIFICATIONS_KEPT_DAYS` days, and lets the oldest go:
    who was away for longer catches up with `changes`.
    """

    at = fields.AwareDateTime(required=True)
    notifications = fields.List(fields.Nested(Notification), required=True)
    parcours = fields.List(fields.Nested(ParcoursNotification), load_default=list)


MOST_NOTIFICATIONS = 100_000
NOTIFICATIONS_KEPT_DAYS = 7

DOSSIERS_CHANGED = Event("dossier", "dossiers_changed", 1, DossiersChanged, "parcours")
DECLARATIONS_APPLIED = Event("dossier", "declarations_applied", 1, DeclarationsApplied, "effects")
FACTS_CHANGED = Event("dossier", "facts_changed", 1, FactsChanged, "facts")
VALUES_SPARED = Event("dossier", "values_spared", 1, ValuesSpared, "spared")
LIVES_CHANGED = Event("dossier", "lives_changed", 1, LivesChanged, "lives")
NOTIFICATIONS = Event("dossier", "notifications", 1, Notifications, "notifications")

FINALITES = {
    "prise_en_charge": "prise en charge financière des dossiers (R.6323-35 II)",
    "remuneration": "rémunération des stagiaires (L.6341-1)",
    "accompagnement": "conseil en évolution professionnelle (R.6323-35 III)",
    "suivi": "suivi des parcours financés (L.6353-10)",
}


# What a human rules of files is a right of its own.
FINALITES_GESTION = {
    "gestion_dossiers": "tenue des dossiers : cofinancements à réunir, à séparer (R.6323-32, R.6323-33)",
}

MOTIFS = {
    "confirme_par_financeur": "un des financeurs l’a confirmé",
    "confirme_par_organisme": "l’organisme de formation l’a confirmé",
    "convention_presentee": "la convention ou le contrat de formation a été vu",
    "decision_erronee": "une décision antérieure était erronée",
}
CAUSES_DOUTE = {
    "meme_financeur": "deux dossiers d’un même financeur, pour un même organisme et une même période",
    "sessions_successives": "la même certification, au même organisme, en sessions qui se suivent",
    "separes_par_un_tiers": "un même parcours, s’il n’était séparé d’un troisième dossier",
}
STATUTS_APPRENTI = {
    "pre_inscrit": "avant le début de la session",
    "inscrit": "en formation, sans contrat encore",
    "apprenti": "sous contrat",
    "rupturant": "contrat rompu, sans nouveau contrat",
    "fin_de_formation": "formation finie",
    "abandon": "plus de 90 jours sans premier contrat, ou plus de 180 sans nouveau",
}
RULES = {
    "unanime": "nul ne dit autre chose",
    "autorite": "sa source est crue avant les autres sur ce point",
    "fraicheur": "le dire le plus récent",
    "ordre": "dite au même instant, la ligne la plus basse",
    "deduction": "se déduit de plusieurs déclarations ensemble",
    "financement": "son financeur porte la plus grande part du coût pédagogique",
}

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


# --- feed, snapshot and search: of what is within one's scope --------------------------------------

CHANGE_KINDS = {
    "ouvert": "le dossier est nouveau, il entre dans votre périmètre, ou il est redit en entier",
    "modifie": "il a changé",
    "retire": "il n’est plus, ou il n’est plus dans votre périmètre",
}


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


# --- pre-filling: what a declaration can be written with, without asking the person again ------------


class PrefillAsked(Asked):
    """What can a declaration of this kind be filled with, of the person of whom one's own `reference`
    speaks? A reference of one file is answered with that file's dossier alone, unless `dossier_id` names
    another of the person's; any other, with all that one may see.

    Civil status is no part of it: dossier does not know it, and whoever has a reference of a person has
    itself told who that is.
    """

    reference = Text(required=True, most=64)
    nature = Code(frozenset(NATURES), required=True)
    finalite = Code(FINALITES, required=True)
    dossier_id = fields.UUID()


class ValueProposed(Told):
    """A value as a declaration has it. `champ`: where it is read, of which `why` says more.

    `a_reprendre`: it is in `faits`; it is not where an anomaly says that something is wrong, nor where it is
    the business of who said it (another funder's dispositif). `par_vous`: the caller says the same itself.
    """

    chemin = fields.String(required=True)
    valeur = fields.Raw(required=True)
    champ = fields.String(required=True)
    declaration_id = fields.UUID(required=True)
    source = fields.String(required=True)
    dite_le = Instant(required=True)
    recue_le = Instant(required=True)
    regle = fields.String(required=True, metadata={"codes": RULES})
    par_vous = fields.Boolean(required=True)
    a_reprendre = fields.Boolean(required=True)
    anomalies = fields.List(fields.Nested(AnomalyShown), required=True)


class Proposal(Told):
    """One declaration that could be written. `faits`: its facts as far as they can be taken over;
    `a_demander`: the obligatory paths that are not among them."""

    dossier_id = fields.UUID(required=True, allow_none=True)
    faits = fields.Dict(required=True)
    a_demander = fields.List(fields.String(), required=True)
    valeurs = fields.List(fields.Nested(ValueProposed), required=True)


class HiddenFrom(Hidden):
    """As `Hidden`, of a dossier or, without one, of the person."""

    dossier_id = fields.UUID(required=True, allow_none=True)


class Prefilled(Told):
    """A proposal for each dossier, event, contract or result; `masques`: what might have filled more."""

    nature = fields.String(required=True)
    propositions = fields.List(fields.Nested(Proposal), required=True)
    masques = fields.List(fields.Nested(HiddenFrom), required=True)
    decision = fields.String(required=True)


_READERS: frozenset[Caller] = frozenset({"partner"})
_OF_ONE = {"dossier_introuvable": "not_found"}
_OF_A_FIELD = {**_OF_ONE, "champ_introuvable": "not_found"}

READ_DOSSIER = Call("dossier", "read_dossier", DossierAsked, DossierRead, _READERS, _OF_ONE)
READ_PARCOURS = Call(
    "dossier",
    "read_parcours",
    ParcoursAsked,
    ParcoursRead,
    _READERS,
    {"parcours_introuvable": "not_found", "lecture_refusee": "refused"},
)
WHY = Call("dossier", "why", FieldAsked, Why, _READERS, _OF_A_FIELD)
HISTORY = Call("dossier", "history", FieldAsked, History, _READERS, _OF_A_FIELD)
COMPARE = Call("dossier", "compare", MomentsAsked, MomentsCompared, _READERS, _OF_ONE)
_OF_HANDLING = {"gestion_refusee": "refused"}
_OF_RULINGS = {
    **_OF_HANDLING,
    **_OF_ONE,
    "decision_contraire": "conflict",
    "reference_deja_utilisee": "conflict",
}
DOUBTS = Call("dossier", "doubts", DossierDoubtsAsked, DossierDoubts, _READERS, _OF_HANDLING)
JOIN = Call(
    "dossier",
    "join",
    JoinAsked,
    DossiersRuled,
    _READERS,
    {**_OF_RULINGS, "personnes_differentes": "conflict"},
)
PART = Call(
    "dossier",
    "part",
    PartAsked,
    DossiersRuled,
    _READERS,
    {**_OF_RULINGS, "financement_introuvable": "not_found"},
)
REVOKE = Call(
    "dossier",
    "revoke",
    RulingRevoked,
    DossiersRuled,
    _READERS,
    {**_OF_HANDLING, "decision_inconnue": "not_found"},
)

_OF_A_SCOPE = {"lecture_refusee": "refused"}
CHANGES = Call(
    "dossier",
    "changes",
    DossierChangesAsked,
    DossierChanges,
    _READERS,
    {**_OF_A_SCOPE, "suite_inconnue": "conflict", "suite_oubliee": "conflict"},
)
SNAPSHOT = Call("dossier", "snapshot", DossierSnapshotAsked, DossierSnapshot, _READERS, _OF_A_SCOPE)
SEARCH = Call("dossier", "search", SearchAsked, DossiersFound, _READERS, _OF_A_SCOPE)
PREFILL = Call(
    "dossier",
    "prefill",
    PrefillAsked,
    Prefilled,
    _READERS,
    {
        "parcours_introuvable": "not_found",
        "dossier_introuvable": "not_found",
        "lecture_refusee": "refused",
        "nature_sans_prefill": "bad_request",
    },
)

EVENTS = (
    DOSSIERS_CHANGED,
    DECLARATIONS_APPLIED,
    FACTS_CHANGED,
    LIVES_CHANGED,
    NOTIFICATIONS,
    VALUES_SPARED,
)
CALLS = (
    READ_DOSSIER,
    READ_PARCOURS,
    WHY,
    HISTORY,
    COMPARE,
    DOUBTS,
    JOIN,
    PART,
    REVOKE,
    CHANGES,
    SNAPSHOT,
    SEARCH,
    PREFILL,
)

"""What dossier tells: what became of each declaration, which dossiers changed, and what may be counted."""

from marshmallow import fields

from services.contracts.dossier.codes import ANOMALIES, EFFECTS, GRAVITIES, NOTIFIED, NOTIFIED_OF_PARCOURS
from services.contracts.fields import Told
from services.contracts.message import Event


class Relation(Told):
    """An organisation and what it is: one of `ROLES`."""

    siret = fields.String(required=True)
    role = fields.String(required=True)


class FieldChanged(Told):
    """A field that changed, from what to what, and the declaration from which it now is: none where nobody
    says it any more. None where there is no value."""

    path = fields.String(required=True)
    before = fields.Raw(allow_none=True, load_default=None)
    after = fields.Raw(allow_none=True, load_default=None)
    declaration_id = fields.UUID(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)


class DossierRelated(Told):
    """A dossier as it stands: who is related to it, and of one that opened or changed, what and why."""

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
    """Whose parcours changed: who is related to what, and what changed in it.

    For services alone, for it says everything: a partner follows `changes`, where access decides.
    """

    at = fields.AwareDateTime(required=True)
    parcours = fields.List(fields.Nested(ParcoursRelated), required=True)


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

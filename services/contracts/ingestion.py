"""What ingestion says: what it received, whom it speaks of, what it answers partners.

Who a line speaks of and what it says are told apart: `traits_received` goes to identity alone, its
traits sealed; `declarations_accepted` goes to dossier and has no trait. Neither service ever holds
what is not its own, and no event past identity can carry a NIR.
"""

from marshmallow import fields

from services.contracts.dossier.codes import EFFECTS
from services.contracts.fields import Asked, Instant, Many, Rows, Text, Told, Whole, siret
from services.contracts.message import Call, Event

MAX_LINES = 5_000
CHUNK = 500


class TraitsReceived(Told):
    """`sealed` is, sealed for identity, a JSON list of traits in the order of `declarations`; `emises` is
    when each of these was said, in the same order."""

    lot_id = fields.UUID(required=True)
    source = fields.String(required=True)
    declarations = fields.List(fields.UUID(), required=True)
    sealed = fields.String(required=True)
    emises = fields.List(fields.AwareDateTime(), load_default=list)


class DossierNamed(Told):
    """The funder's dossier that a declaration speaks of."""

    financeur = fields.String(required=True)
    reference = fields.String(required=True)


class DeclarationAccepted(Told):
    """`faits` conform to the kind's schema in `contracts.declaration`."""

    declaration_id = fields.UUID(required=True)
    ligne = fields.Integer(required=True)
    nature = fields.String(required=True)
    reference = fields.String(required=True)
    emise_le = fields.AwareDateTime(required=True)
    dossier = fields.Nested(DossierNamed, required=True)
    rectifie = fields.UUID(load_default=None, allow_none=True)
    faits = fields.Dict(required=True)


class DeclarationsAccepted(Told):
    """A chunk of the lines of one lot that passed every check. `profile`: what its source was when it sent
    it, one of `access.PROFILES`, where that is known."""

    lot_id = fields.UUID(required=True)
    lot = fields.String(required=True)
    source = fields.String(required=True)
    profile = fields.String(load_default=None, allow_none=True)
    received_at = fields.AwareDateTime(required=True)
    declarations = Rows(DeclarationAccepted, required=True)


TRAITS_RECEIVED = Event("ingestion", "traits_received", 1, TraitsReceived, "declarations")
DECLARATIONS_ACCEPTED = Event("ingestion", "declarations_accepted", 1, DeclarationsAccepted, "declarations")


class LotSubmitted(Asked):
    """A lot of declarations. `declarations` is checked line by line, not here."""

    reference = Text(required=True, most=64)
    emetteur = siret(required=True)
    declarations = fields.List(fields.Raw(allow_none=True), required=True)


class ReceiptAsked(Asked):
    """A lot's receipt as it stands now, with its lines from `apres` on."""

    reference = Text(required=True, most=64)
    apres = Whole(load_default=0)
    lignes = Whole(load_default=100, least=0, most=1_000)
    etats = Many(Text(most=32), load_default=list)


class Finding(Told):
    """One thing found in a line: a stable code, where, and what to do about it.

    At the reception, or later in the dossier, where declarations meet (`dossier.ANOMALIES`): these have the
    instant at which they were found, and once they are settled, the one at which they were.
    """

    code = fields.String(required=True)
    gravite = fields.String(required=True)
    chemin = fields.String(required=True)
    message = fields.String(required=True)
    remede = fields.String(required=True)
    signale_le = Instant(allow_none=True, load_default=None)
    leve_le = Instant(allow_none=True, load_default=None)


LINE_STATES = {
    "rejetee": "refusée à la réception : à corriger et à renvoyer",
    "acceptee": "reçue et contrôlée",
    "personne_identifiee": "la personne est identifiée",
    "en_effet": "prise en compte",
}


class LineOfReceipt(Told):
    """One line of a lot and what became of it. `constats` stand; `constats_leves` stood until they were
    settled."""

    ligne = fields.Integer(required=True)
    declaration_id = fields.UUID(required=True, allow_none=True)
    etat = fields.String(required=True, metadata={"codes": LINE_STATES})
    constats = fields.List(fields.Nested(Finding), required=True)
    personne_identifiee_le = Instant(allow_none=True)
    en_effet_le = Instant(allow_none=True)
    dossier_id = fields.UUID(allow_none=True)
    effet = fields.String(allow_none=True, metadata={"codes": EFFECTS})
    constats_leves = fields.List(fields.Nested(Finding), load_default=list)


class Accepted(Told):
    """The receipt given at once: the same, byte for byte, however often the lot is submitted."""

    lot_id = fields.UUID(required=True)
    reference = fields.String(required=True)
    recu_le = Instant(required=True)
    lignes = fields.Integer(required=True)
    acceptees = fields.Integer(required=True)
    rejetees = fields.Integer(required=True)
    rejets = fields.List(fields.Nested(LineOfReceipt), required=True)


class Receipt(Told):
    """A lot as it stands: how many lines are in each state, and a page of them."""

    lot_id = fields.UUID(required=True)
    reference = fields.String(required=True)
    recu_le = Instant(required=True)
    etats = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    lignes = fields.List(fields.Nested(LineOfReceipt), required=True)


SUBMIT = Call(
    "ingestion",
    "submit",
    LotSubmitted,
    Accepted,
    frozenset({"partner"}),
    {
        "lot_vide": "bad_request",
        "lot_trop_long": "bad_request",
        "emetteur_different": "refused",
        "partenaire_inconnu": "refused",
        "reference_deja_utilisee": "conflict",
    },
)
RECEIPT = Call(
    "ingestion", "receipt", ReceiptAsked, Receipt, frozenset({"partner"}), {"lot_inconnu": "not_found"}
)

EVENTS = (TRAITS_RECEIVED, DECLARATIONS_ACCEPTED)
CALLS = (SUBMIT, RECEIPT)

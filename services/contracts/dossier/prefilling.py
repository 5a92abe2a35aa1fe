"""What a declaration can be written with, without asking the person again."""

from marshmallow import fields

from services.contracts.declaration import NATURES
from services.contracts.dossier.codes import FINALITES, RULES
from services.contracts.dossier.reading import READERS, AnomalyShown, Hidden
from services.contracts.fields import Asked, Code, Instant, Text, Told
from services.contracts.message import Call


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


PREFILL = Call(
    "dossier",
    "prefill",
    PrefillAsked,
    Prefilled,
    READERS,
    {
        "parcours_introuvable": "not_found",
        "dossier_introuvable": "not_found",
        "lecture_refusee": "refused",
        "nature_sans_prefill": "bad_request",
    },
)

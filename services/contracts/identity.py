"""What identity says: which person each declaration speaks of. Never a trait, never a NIR."""

from marshmallow import fields

from services.contracts.fields import Told
from services.contracts.message import Call, Event


class Attribution(Told):
    """`version` grows with every decision about the declaration: the highest stands."""

    declaration_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    rule = fields.String(required=True)


class DeclarationsAttributed(Told):
    """Declarations whose person is decided, for the first time or anew."""

    at = fields.AwareDateTime(required=True)
    attributions = fields.List(fields.Nested(Attribution), required=True)


class Review(Told):
    """`cause` is a code; who the candidates are stays in identity."""

    declaration_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    cause = fields.String(required=True)


class ReviewsOpened(Told):
    """Declarations whose person a human must decide."""

    at = fields.AwareDateTime(required=True)
    reviews = fields.List(fields.Nested(Review), required=True)


DECLARATIONS_ATTRIBUTED = Event(
    "identity", "declarations_attributed", 1, DeclarationsAttributed, "attributions"
)
REVIEWS_OPENED = Event("identity", "reviews_opened", 1, ReviewsOpened, "reviews")

EVENTS = (DECLARATIONS_ATTRIBUTED, REVIEWS_OPENED)
CALLS: tuple[Call, ...] = ()

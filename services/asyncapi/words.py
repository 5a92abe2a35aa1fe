"""What the document says in prose, for a developer who has a broker account and an AMQP library."""

from typing import Any

from services.contracts.ingestion import MAX_LINES
from services.contracts.message import CALLS_EXCHANGE, MAX_CALL_BYTES

INTRODUCTION = f"""\
One reliable dossier for every vocational training path in France, whoever pays for it.

Partners **call** the hub; its services tell one another **events**. Bodies are JSON, in UTF-8.

To call, as a partner:

1. Connect with the account whose name is your SIRET.
2. Declare an exclusive, auto-deleted queue named `<siret>.reply.<anything>` (a random UUID, say), and bind
   it to the exchange `{CALLS_EXCHANGE}` with its own name as routing key.
3. Publish the request to the exchange `{CALLS_EXCHANGE}`, the routing key being the call's name
   (`ingestion.submit`), with the properties `reply_to` (your queue's name), `correlation_id` (new for each
   call), `user_id` (your SIRET) and `expiration` (how long you wait), delivery mode 1, `mandatory`, with
   publisher confirms. At most {MAX_CALL_BYTES} bytes.
4. The answer comes to your queue with the same `correlation_id`: `{{"result": …}}` or `{{"error": …}}`.

Without an answer in time, or after an error of kind `unavailable`, send the same request again: a lot
submitted twice under its reference has one effect and one receipt, a link or a split of identities asked
twice under its reference is one, as is its revocation, and the other calls only read.

A request has the fields described here and no others: an unknown one is an error, for it was meant. In what
you are told, ignore what you do not know: fields are added without notice, and nothing is removed, renamed
or retyped under the same name and version.

A lot (`ingestion.submit`) has 1 to {MAX_LINES} declarations, each read by itself: one that does not conform
to the schema `Declaration` is rejected alone, and the receipt says why. What becomes of the others is told
by `ingestion.receipt`.

Calls open to partners are tagged `partner`; the broker refuses the others. Events are between services: no
partner account may bind to them. Amounts are euro cents, days `aaaa-mm-jj`, instants ISO 8601 with offset.
"""

ACCOUNT = (
    "A partner's account is its SIRET. It may publish the calls open to partners, and declare, bind and read "
    "queues whose name begins with `<siret>.`; `user_id` must be the account, and RabbitMQ checks it."
)

REPLIES = f"""\
The caller's own queue, which it declares: exclusive, auto-deleted, named `<account>.reply.<anything>` and
bound to the exchange `{CALLS_EXCHANGE}` with its own name as routing key. Its name is the call's `reply_to`.
"""

# AMQP bindings of each sort of operation.
OPERATIONS: dict[str, dict[str, Any]] = {
    "tells": {"deliveryMode": 2, "mandatory": True, "timestamp": True},
    "hears": {"ack": True},
    "answers": {"ack": True},
    # What speaks of persons does not wait on the broker's disk.
    "asks": {"deliveryMode": 1, "mandatory": True},
}

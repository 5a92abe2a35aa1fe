"""What dossier says: what became of each declaration, which dossiers changed, and what may be counted.

dossiers_changed       to access and other services: who is related to what; what changed, before and after
declarations_applied   to ingestion: the effect of every declaration, for the receipts
facts_changed          to reporting: what is counted, the person being a keyed hash
lives_changed          to dossier itself: what happened in trainings, for the notices of who follows them
values_spared          to reporting: how many values partners need not ask for, of whom a keyed hash
notifications          to one partner, on its own queue: what happened to those whom it follows or funds
"""

from services.contracts.dossier.events import (
    DECLARATIONS_APPLIED,
    DOSSIERS_CHANGED,
    FACTS_CHANGED,
    LIVES_CHANGED,
    NOTIFICATIONS,
    VALUES_SPARED,
)
from services.contracts.dossier.prefilling import PREFILL
from services.contracts.dossier.reading import COMPARE, HISTORY, READ_DOSSIER, READ_PARCOURS, WHY
from services.contracts.dossier.ruling import DOUBTS, JOIN, PART, REVOKE
from services.contracts.dossier.scope import CHANGES, SEARCH, SNAPSHOT

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

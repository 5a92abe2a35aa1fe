"""What an operator watches: counts and times by name, never by person, partner or content."""

from prometheus_client import Counter, Histogram

HANDLED = Counter("agora_messages_total", "Messages, by what became of them", ["listener", "outcome"])
ITEMS = Counter("agora_items_total", "Things told in the messages that took effect", ["listener"])
HANDLING = Histogram(
    "agora_handling_seconds",
    "Time to handle one message or answer one call",
    ["door"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
ANSWERED = Counter("agora_calls_total", "Calls answered, by code (`ok` or an error's)", ["method", "code"])
RELAYED = Counter("agora_relayed_total", "Messages published from the outbox", ["type"])

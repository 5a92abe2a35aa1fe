"""Speaks with the hub as a partner: calls with time-outs, tried again with the same content.

    with Hub("amqps://73282932000074:secret@hub.example/agora") as hub:
        accuse = hub.submit("LOT-2026-001", declarations)
        hub.receipt("LOT-2026-001")["etats"]

Trying again is safe: a lot submitted twice under its reference has one effect and one receipt, and
the rest only reads.
"""

import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from services.client import failures, files, following, lots
from services.client.connection import Connection
from services.contracts.errors import NotFound, Unavailable, from_wire
from services.contracts.message import MAX_CALL_BYTES

LINES_PER_PAGE = 1000


class Hub:
    """One partner's connection to the hub. Not shared between threads.

    `timeout` (seconds) is for each attempt: a call lasts at most `attempts` times that, and its pauses.
    """

    def __init__(self, url: str, *, timeout: float = 30.0, attempts: int = 4) -> None:
        self._url = url
        self._connection = Connection(url, timeout)
        self.account = self._connection.account
        self.attempts = attempts

    # --- what a partner does -------------------------------------------------------------

    def submit(self, reference: str, declarations: Sequence[Any]) -> dict[str, Any]:
        """Submit one lot; returns its receipt. The same reference must have the same content."""
        written = [lots.write(one, number) for number, one in enumerate(declarations, start=1)]
        lines = [orjson.Fragment(one.text) for one in written]
        lot = {"reference": reference, "emetteur": self.account, "declarations": lines}
        return self.call("ingestion.submit", lot)

    def deliver(self, reference: str, declarations: Iterable[Any]) -> Iterator[dict[str, Any]]:
        """Submit a delivery of any length as lots `reference-0001`, …; yields each receipt as it comes.

        Run again after a failure with the same declarations, it gives the receipts of what had arrived,
        and goes on. Raises what `submit` raises; what was yielded before stands.
        """
        for number, lot in enumerate(lots.cut(declarations), start=1):
            yield self.submit(lots.lot_reference(reference, number), lot)

    def deliver_file(self, reference: str, path: Path) -> Iterator[dict[str, Any]]:
        """Deliver a file of any size, JSON Lines or one JSON array, a lot of it in memory at a time.

        `files.check` reads it first, so that nothing is submitted of a file that cannot be read to its end.
        """
        return self.deliver(reference, files.read(path))

    def receipt(self, reference: str, **page: Any) -> dict[str, Any]:
        """A lot's receipt as it stands now; `apres`, `lignes` and `etats` choose its lines."""
        return self.call("ingestion.receipt", {"reference": reference, **page})

    def receipts(self, reference: str, **page: Any) -> Iterator[dict[str, Any]]:
        """The receipt of a lot, or of every lot of a delivery, in order. Raises `NotFound` for neither."""
        try:
            yield self.receipt(reference, **page)
        except NotFound as unknown:
            number = 0
            try:
                while number := number + 1:
                    yield self.receipt(lots.lot_reference(reference, number), **page)
            except NotFound:
                if number == 1:
                    raise unknown from None

    def lines(self, reference: str, etats: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """Every line of a lot as it stands now, of these states or of all, in order."""
        last = 0
        while True:
            page = self.receipt(reference, apres=last, lignes=LINES_PER_PAGE, etats=list(etats))["lignes"]
            yield from page
            if len(page) < LINES_PER_PAGE:
                return
            last = page[-1]["ligne"]

    def profile(self) -> dict[str, Any]:
        """What one's own organisation may do."""
        return self.call("access.profile", {})

    def read_parcours(self, reference: str, finalite: str) -> dict[str, Any]:
        """The parcours of the person of whom one's own reference speaks, as far as one may see it."""
        return self.call("dossier.read_parcours", {"reference": reference, "finalite": finalite})

    def read_dossier(self, dossier_id: str, finalite: str) -> dict[str, Any]:
        """One dossier, as far as one may see it."""
        return self.call("dossier.read_dossier", {"dossier_id": dossier_id, "finalite": finalite})

    def prefill(
        self, reference: str, nature: str, finalite: str, dossier_id: str | None = None
    ) -> dict[str, Any]:
        """What a declaration of this kind can be written with, of the person of whom one's own reference
        speaks: the `faits` of each proposal are ready to be declared."""
        asked = {"reference": reference, "nature": nature, "finalite": finalite}
        return self.call("dossier.prefill", {**asked, "dossier_id": dossier_id} if dossier_id else asked)

    def follow(
        self, patience: float | None = None, stopped: following.Stopped = lambda: False
    ) -> Iterator[dict[str, Any]]:
        """What happens to the persons whom one follows or funds, as it comes; each notification once. Of what
        is in no dossier (a job, say) it has a `person_id` where the others have a `dossier_id`.

        Ends when nothing has come for `patience` seconds, or once it is `stopped`. One is done with when the
        next is asked for: what was not is told again to who follows next.
        """
        return following.follow(
            self._url,
            timeout=self._connection.timeout,
            attempts=self.attempts,
            patience=patience,
            stopped=stopped,
        )

    def changes(self, finalite: str, after: int) -> Iterator[dict[str, Any]]:
        """The pages of changes after a number, of dossiers (`changements`) and of what persons have in none
        (`parcours`), until there are no more for now. Go on from the last page's `suite`.

        Raises `Conflict` (`suite_oubliee`, `suite_inconnue`) where there is no going on from this number:
        begin anew, with a `snapshot`.
        """
        while True:
            page = self.call("dossier.changes", {"finalite": finalite, "apres": after})
            yield page
            if page["fini"]:
                return
            after = page["suite"]

    def snapshot(self, finalite: str) -> Iterator[dict[str, Any]]:
        """The pages of the dossiers within one's scope, and of what its persons have in none (`parcours`);
        `changes` tells what changed since, after the first page's `numero`."""
        page = self.call("dossier.snapshot", {"finalite": finalite})
        yield page
        while not page["fini"]:
            page = self.call("dossier.snapshot", {"finalite": finalite, "apres": page["suite"]})
            yield page

    def figures(self, axes: list[str], du: str, au: str) -> dict[str, Any]:
        """A table of figures over one or two axes, for the months from `du` to `au`."""
        return self.call("reporting.figures", {"axes": axes, "du": du, "au": au})

    def spared(self, axes: list[str], du: str, au: str) -> dict[str, Any]:
        """How many values partners need not ask again, over one or two axes, as `figures`."""
        return self.call("reporting.spared", {"axes": axes, "du": du, "au": au})

    # --- how -----------------------------------------------------------------------------

    def call(self, method: str, request: dict[str, Any]) -> dict[str, Any]:
        """Ask `service.method`; returns its result.

        Raises the `HubError` answered, or `Unavailable` when `attempts` attempts had no usable answer.
        """
        body = orjson.dumps(request)
        if len(body) > MAX_CALL_BYTES:
            raise failures.too_large(len(body))
        call_id = str(uuid.uuid4())
        attempt = 0
        while True:
            attempt += 1
            try:
                return _result(self._connection.ask(method, call_id, body))
            except Unavailable:
                if attempt >= self.attempts:
                    raise
            time.sleep(min(0.2 * 4 ** (attempt - 1), 5.0))

    def close(self) -> None:
        """Leave; the next call connects anew."""
        self._connection.close()

    def __enter__(self) -> "Hub":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _result(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise failures.unreadable_answer() from None
    if not isinstance(answer, dict):
        raise failures.unreadable_answer()
    if isinstance(error := answer.get("error"), dict):
        raise from_wire(error)
    result = answer.get("result")
    if not isinstance(result, dict):
        raise failures.unreadable_answer()
    return result

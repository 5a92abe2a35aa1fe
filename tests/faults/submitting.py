"""Partners who submit lots while everything breaks: again and again until each is acknowledged."""

import threading
import time
from collections.abc import Iterable
from types import TracebackType

from services.contracts.errors import Unavailable
from services.sample.lots import Lot
from tests.running import Running


class Partners:
    """`with Partners(running, lots) as partners`: lots flow until there are no more, or until they are
    told to end; on leaving, all that were begun are acknowledged."""

    def __init__(self, running: Running, lots: Iterable[Lot], pause: float = 0.0) -> None:
        self.running, self.lots, self.pause = running, iter(lots), pause
        self.accepted = self.rejected = self.submitted = 0
        self._ending = False
        self._thread = threading.Thread(target=self._submit_all)

    def _submit_all(self) -> None:
        for lot in self.lots:
            if self._ending:
                return
            receipt = self._submit(lot)
            self.submitted += 1
            self.accepted += int(receipt["acceptees"])  # type: ignore[call-overload]  # JSON
            self.rejected += int(receipt["rejetees"])  # type: ignore[call-overload]  # JSON
            time.sleep(self.pause)

    def _submit(self, lot: Lot) -> dict[str, object]:
        while True:
            try:
                with self.running.hub(lot.emetteur, timeout=5, attempts=3) as hub:
                    return hub.submit(lot.reference, lot.declarations)
            except Unavailable:
                time.sleep(0.2)

    def end(self) -> None:
        """Begin no more lots."""
        self._ending = True

    def __enter__(self) -> "Partners":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join(300)
        assert not self._thread.is_alive(), "a lot was never acknowledged"

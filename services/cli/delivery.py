"""One delivery as the command follows it: its totals, and the first of its refused lines."""

from dataclasses import dataclass, field
from typing import Any

from services.cli import words


@dataclass(slots=True)
class Delivery:
    """Grows by one receipt after the other; keeps at most `most` rows, whatever was refused."""

    reference: str
    most: int
    lots: int = 0
    lines: int = 0
    accepted: int = 0
    rejected: int = 0
    rows: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, receipt: dict[str, Any]) -> None:
        """One lot more: its lines are numbered in the file, not in the lot."""
        for line in receipt["rejets"]:
            for found in line["constats"]:
                if len(self.rows) < self.most:
                    where = self.lines + line["ligne"]
                    self.rows.append(
                        (where, found["code"], found["chemin"], found["message"], found["remede"])
                    )
        self.lots += 1
        self.lines += receipt["lignes"]
        self.accepted += receipt["acceptees"]
        self.rejected += receipt["rejetees"]

    def show(self) -> None:
        """The refused lines, then the totals."""
        words.table(("ligne", "code", "chemin", "message", "remède"), self.rows, title="Lignes refusées")
        if self.rejected and len(self.rows) >= self.most:
            words.say(f"Tableau limité à {self.most} constats (--most).")
        words.say(
            f"Envoi {self.reference} : {self.lines} déclarations en {self.lots} lot(s), "
            f"{self.accepted} acceptées, {self.rejected} refusées."
        )
        words.say(f"Suivre leur prise en compte : agora receipt {self.reference}")

    def interrupted(self) -> str:
        """What to do when it stops before its end."""
        return (
            f"Envoi {self.reference} interrompu : {self.lots} lot(s) reçus, {self.lines} déclarations. "
            f"Reprenez avec le même fichier et --reference {self.reference}."
        )

"""A person's life as its sources tell it, over the wire: lots submitted, receipts followed, dossiers read."""

from itertools import count
from typing import Any

from services.sample.organisations import BODIES
from tests.running import Running

NUMBERS = count(1)


class Life:
    """One person, whose name nobody else has; what is said of her goes to the hub line by line."""

    def __init__(self, running: Running, name: str, born: str) -> None:
        self.running, self.name = running, name
        self.personne = {
            "nom_naissance": name,
            "prenoms": ["Solenn"],
            "sexe": "F",
            "naissance": {"date": born, "commune": "29232"},
        }

    def say(
        self,
        source: str,
        nature: str,
        faits: dict[str, Any] | None,
        *,
        reference: str,
        le: str,
        **more: Any,
    ) -> str:
        """One source says one thing; returns the reference of its lot, of which it is line 1."""
        lot = f"VIE-{self.name}-{next(NUMBERS)}"
        line = {
            "nature": nature,
            "reference": reference,
            "emise_le": f"{le}T08:00:00+00:00",
            "personne": self.personne,
            **({} if faits is None else {"faits": faits}),
            **more,
        }
        with self.running.hub(source) as hub:
            receipt = hub.submit(lot, [line])
        assert receipt["rejetees"] == 0, receipt["rejets"]
        return lot

    def line(self, source: str, lot: str) -> dict[str, Any]:
        """What became of a line, as its receipt has it."""
        with self.running.hub(source) as hub:
            (line,) = hub.lines(lot)
        return dict(line)

    def parcours(
        self, source: str, reference: str, finalite: str = "prise_en_charge", **at: str
    ) -> dict[str, Any]:
        """The parcours as a partner may see it."""
        with self.running.hub(source) as hub:
            asked = {"reference": reference, "finalite": finalite, **at}
            return hub.call("dossier.read_parcours", asked)

    def dossier(self, source: str, reference: str, **more: str) -> dict[str, Any]:
        """The only dossier that a partner sees."""
        (dossier,) = self.parcours(source, reference, **more)["dossiers"]
        return dict(dossier)

    def ask(self, source: str, method: str, **body: Any) -> dict[str, Any]:
        """Ask dossier for something."""
        with self.running.hub(source) as hub:
            return hub.call(f"dossier.{method}", body)


def formation(**more: Any) -> dict[str, Any]:
    """A training of four months at one body."""
    return {
        "intitule": "CAP Cuisine",
        "dispositif": "PLAN_DEVELOPPEMENT",
        "organisme": {"siret": BODIES[0]},
        "lieu": "29232",
        "certification": "RNCP38430",
        "debut_prevu": "2026-02-02",
        "fin_prevue": "2026-05-29",
        "heures_prevues": 400,
        **more,
    }


def paid(cents: int, nature: str = "pedagogique") -> dict[str, Any]:
    """What a funder pays."""
    return {"postes": [{"nature": nature, "montant": cents}]}

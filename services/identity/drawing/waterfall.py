"""Why two records are of one person or not, as a waterfall: from the prior, trait by trait, to the total."""

from matplotlib.axes import Axes

from services.identity.domain.scoring import Explanation, Part
from services.identity.drawing.canvas import AGAINST, DOUBT, FOR, NEUTRAL, canvas

TRAITS = {
    "nom": "Nom",
    "prenom": "Prénom",
    "autres_prenoms": "Autres prénoms",
    "ordre": "Ordre des noms",
    "naissance": "Naissance",
    "sexe": "Sexe",
    "lieu_naissance": "Lieu de naissance",
    "code_postal": "Code postal",
    "commune": "Commune",
    "commune_meme_code_postal": "Commune (même code postal)",
    "nir": "NIR",
}
LEVELS = {
    "autre": "autre",
    "eloigne": "éloigné",
    "initiale": "une initiale",
    "en_partie": "en partie",
    "proche": "proche",
    "une_faute": "une faute",
    "variante": "variante",
    "identique": "identique",
    "interverti": "intervertis",
    "droit": "à leur place",
    "une_partie": "une partie commune",
    "deux_fautes": "deux fautes",
    "deux_parties": "deux parties communes",
    "partielle": "connue en partie",
    "meme_departement": "même département",
    "meme_zone": "même zone",
}
_ROW, _HEAD = 0.3, 0.9  # inches


def label_of(part: Part) -> str:
    """A trait and its level, in the trade's words."""
    level = "inconnu" if part.level is None else LEVELS.get(part.level, part.level)
    return f"{TRAITS.get(part.trait, part.trait)} : {level}"


def waterfall(explanation: Explanation) -> str:
    """The chart as SVG. Traits that one of the two records does not tell are left out: they weigh nothing."""
    told = [part for part in explanation.parts if part.level is not None]
    steps = [("Au hasard", explanation.prior), *((label_of(part), part.weight) for part in told)]
    with canvas(7.2, _HEAD + _ROW * (len(steps) + 1)) as drawn:
        axes, reached = drawn.axes, 0.0
        for row, (_, weight) in enumerate(steps):
            color = NEUTRAL if row == 0 else FOR if weight >= 0 else AGAINST
            axes.barh(row, weight, left=reached, height=0.62, color=color)
            _write(axes, row, max(reached, reached + weight), weight)
            axes.plot([reached + weight] * 2, [row - 0.31, row + 1.31], color=NEUTRAL, linewidth=0.7)
            reached += weight
        total = explanation.total
        axes.barh(
            len(steps), total, height=0.62, color=FOR if total >= explanation.thresholds.join else AGAINST
        )
        _write(axes, len(steps), max(total, 0.0), total)
        _thresholds(axes, explanation)
        axes.set_yticks(range(len(steps) + 1), [*(label for label, _ in steps), "Total"])
        axes.invert_yaxis()
        axes.set_xlabel(f"bits : un de plus double la cote — modèle {explanation.model}")
        axes.use_sticky_edges = False  # room before the first bar, which begins below zero
        axes.margins(x=0.1, y=0.02)
    return drawn.svg


def _write(axes: Axes, row: int, at: float, weight: float) -> None:
    axes.annotate(f"{weight:+.1f}", (at, row), (4, 0), textcoords="offset points", va="center", fontsize=8)


def _thresholds(axes: Axes, explanation: Explanation) -> None:
    thresholds = explanation.thresholds
    for at, name, color in ((thresholds.review, "doute", DOUBT), (thresholds.join, "lien", NEUTRAL)):
        axes.axvline(at, color=color, linestyle="--", linewidth=1)
        axes.annotate(
            f"{name} {round(at, 1) + 0.0:.1f}", (at, 1), (0, 3), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right" if name == "doute" else "left", fontsize=8, color=color,
        )  # fmt: skip

"""What a partner does from its terminal: deliver, follow its receipts, read, and see what it may do."""

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from services.cli import views, words
from services.cli.delivery import Delivery
from services.cli.reaching import SOMETHING_LEFT, hub_at, told
from services.client import files
from services.client.files import Checked
from services.contracts.errors import HubError, Malformed

VARIABLE = "AGORA_HUB_URL"
PANEL = "Partenaires"
# As `services.contracts` has them; a partner's installation has not what the contracts are written with.
FINALITES = "prise_en_charge, remuneration, accompagnement, suivi"
NATURES = "formation, realisation, financement, remuneration, certification, emploi, accompagnement"
SPARED_AXES = "mois, nature, profil, partenaire"
AXES = "region, dispositif, financeur, mois"
STATES = "rejetee, acceptee, personne_identifiee, en_effet"

Address = Annotated[
    str,
    typer.Option(
        "--hub",
        envvar=VARIABLE,
        show_default=False,
        help="Adresse du hub, amqps://SIRET:mot-de-passe@hôte/agora. Préférez la variable : "
        "une ligne de commande se voit de tous sur la machine.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Du JSON pour un programme, un objet par ligne.")]
Most = Annotated[int, typer.Option("--most", min=0, help="Nombre de lignes montrées dans le tableau.")]


def add_to(app: typer.Typer) -> None:
    """Give the application the partners' commands."""
    for command in (submit, receipt, profile, parcours, prefill, follow, figures, spared):
        app.command(rich_help_panel=PANEL)(command)


def submit(
    file: Annotated[Path, typer.Argument(help="JSON Lines (une déclaration par ligne) ou tableau JSON.")],
    reference: Annotated[str, typer.Option(help="Référence de l’envoi. Sans elle : nom et empreinte.")] = "",
    hub: Address = "",
    as_json: AsJson = False,
    most: Most = 100,
) -> None:
    """Dépose un fichier, de toute taille, et montre les lignes refusées.

    Relancée après un échec, la même commande reprend : ce qui est arrivé garde son accusé de réception.
    États de sortie : 0 tout est accepté, 1 des lignes sont refusées, 2 l’envoi n’a pas pu se faire.
    """
    with told():
        checked = _checked(file)
    delivery = Delivery(reference or _reference_of(file, checked), most)
    with hub_at(hub, VARIABLE) as opened, words.progress() as progress:
        bar = progress.add_task("Dépôt", total=checked.declarations)
        try:
            for accepted in opened.deliver_file(delivery.reference, file):
                delivery.add(accepted)
                progress.advance(bar, accepted["lignes"])
                if as_json:
                    words.tell(accepted)
        except (HubError, KeyboardInterrupt):
            progress.stop()
            words.remark(delivery.interrupted())
            raise
    if not as_json:
        delivery.show()
    raise typer.Exit(SOMETHING_LEFT if delivery.rejected else 0)


def _checked(file: Path) -> Checked:
    """The whole file is read before anything is sent: what cannot be read is not half submitted."""
    try:
        checked = files.check(file)
    except OSError as error:
        raise Malformed("fichier_illisible", f"Le fichier ne s’ouvre pas : {error.strerror}.") from None
    if not checked.declarations:
        raise Malformed("fichier_vide", "Le fichier ne contient aucune déclaration : rien n’a été déposé.")
    return checked


def _reference_of(file: Path, checked: Checked) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem)[:40].strip("-") or "envoi"
    return f"{name}-{checked.digest[:12]}"


def receipt(
    reference: Annotated[str, typer.Argument(help="Référence d’un lot, ou d’un envoi de plusieurs lots.")],
    state: Annotated[
        list[str] | None, typer.Option(help=f"États à montrer, un à la fois : {STATES}.")
    ] = None,
    hub: Address = "",
    as_json: AsJson = False,
    most: Most = 100,
) -> None:
    """Montre où en est un lot, ou un envoi : combien de lignes dans chaque état, et lesquelles.

    Sans --state, le tableau montre les lignes refusées ; avec --json, toutes.
    États de sortie : 0, ou 2 si l’accusé de réception n’a pas pu être lu.
    """
    with hub_at(hub, VARIABLE) as opened:
        lots = opened.receipts(reference, lignes=0)
        if as_json:
            for lot in lots:
                words.tell({**lot, "lignes": list(opened.lines(lot["reference"], state or ()))})
            return
        views.show_receipts(opened, lots, state or ["rejetee"], most)


def profile(hub: Address = "", as_json: AsJson = False) -> None:
    """Montre ce que votre organisme peut faire, et en vertu de quoi."""
    _read("access.profile", {}, hub, as_json, views.show_profile)


def parcours(
    reference: Annotated[str, typer.Argument(help="Votre propre référence, dans une de vos déclarations.")],
    finalite: Annotated[str, typer.Option(help=f"Pourquoi vous lisez : {FINALITES}.")],
    hub: Address = "",
    as_json: AsJson = False,
) -> None:
    """Montre le parcours de la personne dont parle votre référence, et ce qui vous en est masqué."""
    asked = {"reference": reference, "finalite": finalite}
    _read("dossier.read_parcours", asked, hub, as_json, views.show_parcours)


def prefill(
    reference: Annotated[str, typer.Argument(help="Votre propre référence, dans une de vos déclarations.")],
    nature: Annotated[str, typer.Option(help=f"Ce que vous allez déclarer : {NATURES}.")],
    finalite: Annotated[str, typer.Option(help=f"Pourquoi vous lisez : {FINALITES}.")],
    dossier: Annotated[str, typer.Option(help="Un autre dossier de la même personne.")] = "",
    hub: Address = "",
    as_json: AsJson = False,
) -> None:
    """Pré-remplit une déclaration avec ce que le hub sait déjà, pour ne pas le redemander à la personne.

    Avec --json, les « faits » de chaque proposition se reprennent tels quels.
    """
    asked = {"reference": reference, "nature": nature, "finalite": finalite}
    if dossier:
        asked["dossier_id"] = dossier
    _read("dossier.prefill", asked, hub, as_json, views.show_prefilled)


def follow(
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="S’arrête quand rien n’est venu pendant ce temps. Sans elle : jamais."),
    ] = None,
    hub: Address = "",
    as_json: AsJson = False,
) -> None:
    """Suit ce qui arrive aux personnes que vous accompagnez ou financez, au fur et à mesure.

    Une notification montrée ne revient pas. Après une absence de plus de sept jours, rattrapez par
    dossier.changes.
    États de sortie : 0 quand on l’arrête (Ctrl-C) ou que rien ne vient, 2 si le suivi n’a pas pu se faire.
    """
    with hub_at(hub, VARIABLE) as opened:
        try:
            with _stopped_by_a_key() as stopped:
                for one in opened.follow(seconds, stopped):
                    (words.tell if as_json else views.show_notification)(one)
            if not stopped():
                return
        except KeyboardInterrupt:  # pressed again
            pass
        words.remark("Fin du suivi.")


@contextmanager
def _stopped_by_a_key() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: asked between two notifications, so that what was shown is acknowledged and
    no frame is cut in two. Pressed again, it interrupts whatever is done."""
    pressed = threading.Event()

    def press(number: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            signal.default_int_handler(number, frame)
        pressed.set()

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def figures(
    axes: Annotated[str, typer.Option(help=f"Un ou deux axes, séparés d’une virgule : {AXES}.")],
    du: Annotated[str, typer.Option("--from", help="Premier mois, aaaa-mm.")],
    au: Annotated[str, typer.Option("--to", help="Dernier mois, aaaa-mm.")],
    hub: Address = "",
    as_json: AsJson = False,
) -> None:
    """Montre un tableau de chiffres ; une cellule qui désignerait quelqu’un est secrète."""
    asked = {"axes": [axis.strip() for axis in axes.split(",")], "du": du, "au": au}
    _read("reporting.figures", asked, hub, as_json, views.show_figures)


def spared(
    axes: Annotated[str, typer.Option(help=f"Un ou deux axes, séparés d’une virgule : {SPARED_AXES}.")],
    du: Annotated[str, typer.Option("--from", help="Premier mois, aaaa-mm.")],
    au: Annotated[str, typer.Option("--to", help="Dernier mois, aaaa-mm.")],
    hub: Address = "",
    as_json: AsJson = False,
) -> None:
    """Montre ce que les partenaires n’ont pas eu à redemander ; une cellule de trop peu de personnes est
    secrète."""
    asked = {"axes": [axis.strip() for axis in axes.split(",")], "du": du, "au": au}
    _read("reporting.spared", asked, hub, as_json, views.show_spared)


def _read(method: str, asked: dict[str, Any], address: str, as_json: bool, show: views.Show) -> None:
    with hub_at(address, VARIABLE) as hub:
        result = hub.call(method, asked)
    (words.tell if as_json else show)(result)

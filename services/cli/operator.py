"""What an operator does from a terminal: look at what was given up, send it back, verify the journal.

These commands need the chassis, which a partner's installation has not: it is imported when they run.
"""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli import words
from services.cli.broker import Broker, broker_at
from services.cli.reaching import SOMETHING_LEFT, hub_at
from services.contracts.errors import BadRequest
from services.contracts.message import SPEAKERS

if TYPE_CHECKING:
    from services.chassis.dead_letters import DeadLetter

VARIABLE = "AGORA_OPERATOR_BROKER_URL"
PANEL = "Exploitation"
JOURNAL_SECONDS = 300.0  # the whole chain is read again

Address = Annotated[
    str, typer.Option("--broker", envvar=VARIABLE, show_default=False, help="Adresse du courtier.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Du JSON pour un programme, un objet par ligne.")]
Most = Annotated[int, typer.Option("--most", min=1, help="Nombre de messages, au plus.")]
Service = Annotated[str, typer.Argument(help=f"Un service : {', '.join(SPEAKERS)}.")]
Listener = Annotated[str, typer.Option(help="Un seul destinataire, par exemple resolve_persons.")]

journal = typer.Typer(help="Le journal des accès.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Give the application the operators' commands."""
    app.command("dead-letters", rich_help_panel=PANEL)(dead_letters)
    app.command(rich_help_panel=PANEL)(replay)
    app.add_typer(journal, name="journal", rich_help_panel=PANEL)


def dead_letters(
    service: Service = "", broker: Address = "", as_json: AsJson = False, most: Most = 1000
) -> None:
    """Montre les messages abandonnés : combien, de qui, pour quelle cause. Jamais leur contenu.

    États de sortie : 0 il n’y en a pas, 1 il y en a, 2 ils n’ont pas pu être lus.
    """
    found = 0
    with broker_at(broker, VARIABLE) as opened:
        for name in _services(service):
            waiting, letters = _letters(opened, name, most)
            found += waiting
            if as_json:
                for letter in letters:
                    words.tell({"service": name, **asdict(letter)})
            else:
                _show(name, waiting, letters)
    raise typer.Exit(SOMETHING_LEFT if found else 0)


def replay(
    service: Service,
    listener: Listener = "",
    most: Most = 1000,
    yes: Annotated[bool, typer.Option("--yes", help="Ne pas demander confirmation.")] = False,
    broker: Address = "",
) -> None:
    """Renvoie des messages abandonnés à leur destinataire, quand la cause est corrigée.

    Un message qui a déjà eu son effet n’en a pas d’autre.
    États de sortie : 0 tout est renvoyé, 1 il en reste que personne ne prend, 2 l’envoi n’a pas pu se faire.
    """
    with broker_at(broker, VARIABLE) as opened:
        (name,) = _services(service)
        only = f"{name}.{listener.removeprefix(f'{name}.')}" if listener else None
        waiting, letters = _letters(opened, name)
    concerned = [letter for letter in letters if only in (None, letter.listener)][:most]
    _show(name, waiting, concerned)
    if not concerned or not (yes or words.agreed("Les renvoyer ?")):
        words.say("Rien n’a été renvoyé.")
        return
    # Connected anew: the broker does not wait for whoever thinks.
    with broker_at(broker, VARIABLE) as opened:
        kept = _send_back(opened, name, most, only)
    raise typer.Exit(SOMETHING_LEFT if kept else 0)


def _send_back(broker: Broker, service: str, most: int, listener: str | None) -> int:
    from services.chassis import dead_letters as letters

    done = letters.send_back(broker.channel(), service, broker.account, most, listener)
    for name, count in done.sent.items():
        words.say(f"{count} renvoyé(s) à {name}")
    for name, count in done.kept.items():
        words.say(f"{count} gardé(s) : plus personne n’écoute {name}")
    if not done.sent:
        words.say("Rien n’a été renvoyé.")
    return done.kept.total()


@journal.command("verify")
def verify(broker: Address = "", as_json: AsJson = False) -> None:
    """Vérifie que chaque écriture du journal découle de la précédente.

    États de sortie : 0 le journal est intact, 1 il est rompu, 2 il n’a pas pu être vérifié.
    """
    with hub_at(broker, VARIABLE, timeout=JOURNAL_SECONDS) as hub:
        found = hub.call("access.verify_journal", {})
    if as_json:
        words.tell(found)
    elif found["intact"]:
        words.say(f"Journal intact : {found['entries']} écritures.")
    else:
        words.say(f"Journal rompu à l’écriture {found['broken_at']} : conservez-le et alertez la sécurité.")
    raise typer.Exit(0 if found["intact"] else SOMETHING_LEFT)


def _services(service: str) -> tuple[str, ...]:
    if service and service not in SPEAKERS:
        raise BadRequest("service_inconnu", f"Ce service n’existe pas : {', '.join(SPEAKERS)}.")
    return (service,) if service else SPEAKERS


def _letters(broker: Broker, service: str, most: int | None = None) -> tuple[int, list["DeadLetter"]]:
    """How many there are, and the first of them or all."""
    from services.chassis import dead_letters as letters

    channel = broker.channel()
    waiting = letters.count(channel, service)
    return waiting, letters.described(channel, service, waiting if most is None else most)


def _show(service: str, waiting: int, letters: list["DeadLetter"]) -> None:
    messages: Counter[tuple[object, ...]] = Counter()
    items: Counter[tuple[object, ...]] = Counter()
    for letter in letters:
        kind = (letter.listener, letter.type, letter.cause, letter.attempts)
        messages[kind] += 1
        items[kind] += letter.items
    words.say(f"{service} : {waiting} message(s) abandonné(s)")
    words.table(
        ("  destinataire", "type", "cause", "essais", "messages", "éléments"),
        [(f"  {kind[0]}", *kind[1:], messages[kind], items[kind]) for kind in messages],
    )
    if waiting > len(letters):
        words.say(f"  montrés : {len(letters)}")

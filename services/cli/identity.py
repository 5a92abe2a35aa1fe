"""What an operator does about identity from a terminal: evaluate it on a file, and have a pair explained.

These commands run the service's own code, and what it learns with: both are imported when they run.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.chassis.errors import StorageFailure
from services.cli import words
from services.cli.databases import database_url, service_url
from services.cli.operator import PANEL
from services.cli.reaching import SOMETHING_LEFT, told
from services.contracts.errors import Malformed, Unavailable

if TYPE_CHECKING:
    from services.identity.evaluation.history import History
    from services.identity.evaluation.running import Source
    from services.identity.evaluation.tables import Drawn

KEYS_VARIABLE = "AGORA_IDENTITY_KEYS"

identity = typer.Typer(help="Qui est qui : évaluer, expliquer, apprendre.", no_args_is_help=True)

Records = Annotated[
    Path, typer.Option("--records", show_default=False, help="Fichier CSV, de tout séparateur et encodage.")
]
Mapping = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        show_default=False,
        help="colonne=mot,… : la colonne du fichier, puis notre mot (nom_naissance, nom_usage, prenoms, "
        "nom_complet, sexe, date_naissance, annee_naissance, mois_naissance, jour_naissance, lieu_naissance, "
        "code_postal, commune, nir, nir_certifie). Les autres colonnes ne sont alors pas lues. Sans elle, "
        "les titres courants sont reconnus.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Du JSON pour un programme, un objet par ligne.")]


def add_to(app: typer.Typer) -> None:
    """Give the application the commands about identity."""
    app.add_typer(identity, name="identity", rich_help_panel=PANEL)


@contextmanager
def learning_installed() -> Iterator[None]:
    """What goes wrong is told, and so is an installation without what these commands need."""
    with told():
        try:
            yield
        except StorageFailure as failure:
            facts = {"code": failure.code}
            raise Unavailable("base_en_echec", "La base n’a pas fait ce qui était demandé.", facts) from None
        except ModuleNotFoundError as error:
            raise Unavailable(
                "paquet_absent",
                "Cette commande demande plus de paquets : installez agora-hub[cli,identity-learning].",
                {"paquet": error.name or ""},
            ) from None


@contextmanager
def writing() -> Iterator[None]:
    """A file that cannot be written is told."""
    try:
        yield
    except OSError as error:
        raise Malformed("fichier_non_ecrit", f"Le fichier ne s’écrit pas : {error.strerror}.") from None


@identity.command()
def evaluate(
    records: Records,
    truth: Annotated[
        str,
        typer.Option(help="Colonne qui dit la personne de chaque ligne ; elle ne sert qu’à mesurer."),
    ],
    mapping: Mapping = None,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help="Apprendre d’abord le modèle sur ce fichier, sans la vérité ; sinon, ajuster celui livré.",
        ),
    ] = False,
    shuffle: Annotated[
        int | None, typer.Option(show_default=False, help="Mélanger les lignes, par cette graine.")
    ] = None,
    splink: Annotated[
        bool, typer.Option("--splink", help="Mesurer aussi Splink, en un lot, sur les mêmes colonnes.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(show_default=False, help="Page HTML : courbes et pires erreurs.")
    ] = None,
    mistakes: Annotated[int, typer.Option(min=0, help="Erreurs de chaque sorte dans la page.")] = 20,
    chunk: Annotated[int, typer.Option(min=1, max=5000, help="Lignes données d’un coup au service.")] = 500,
    as_json: AsJson = False,
) -> None:
    """Donne un fichier au service, par le chemin de la production, et compare à la vérité.

    Tout se passe dans un schéma de la base fait pour cette fois et supprimé à la fin.
    États de sortie : 0 évalué, 2 pas évalué.
    """
    with learning_installed():
        from services.identity.evaluation import figures, running
        from services.identity.evaluation.report import write_report
        from services.identity.evaluation.room import room_in

        asked = running.Asked(records, truth, mapping or (), learn, shuffle, splink, chunk, mistakes)
        source = running.open_source(records, asked.mapping, truth)
        _say_how_it_is_read(source)
        with database_url() as url, room_in(url) as room, words.progress() as progress:
            bar = progress.add_task("Lecture", total=source.survey.rows)
            done = running.evaluate(
                asked, source, room, lambda what, count: progress.update(bar, description=what, advance=count)
            )
            if report is not None:
                with writing():
                    write_report(report, done, room, shuffle)
        if as_json:
            words.tell(figures.data_of(done))
        else:
            _show(figures.tables_of(done))


def _say_how_it_is_read(source: "Source") -> None:
    columns = source.reading.columns
    for word, titles in columns.described().items():
        words.remark(f"→ {' + '.join(titles)} lu comme {word}")
    if columns.ignored:
        words.remark(f"→ non lues : {', '.join(columns.ignored)}")
    for note in source.notes:
        words.remark(f"→ {note}")


def _show(tables: list["Drawn"]) -> None:
    for one in tables:
        words.table(one.headings, one.rows, title=one.title)
        words.say("")


@identity.command()
def explain(
    records: Annotated[
        Path | None, typer.Option("--records", show_default=False, help="Fichier CSV, avec --lines.")
    ] = None,
    lines: Annotated[
        str, typer.Option(help="Deux lignes du fichier, 12,87 ; 1 est la première après les titres.")
    ] = "",
    pair: Annotated[
        typer.FileText | None,
        typer.Option(
            "--pair",
            show_default=False,
            help="À la place : un tableau JSON de deux personnes, dans un fichier ou - (l’entrée standard).",
        ),
    ] = None,
    mapping: Mapping = None,
    model: Annotated[Path | None, typer.Option(show_default=False, help="Modèle, sinon celui livré.")] = None,
    chart: Annotated[Path | None, typer.Option(show_default=False, help="Graphique en cascade, SVG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Dit pourquoi deux lignes sont d’une personne ou de deux : niveau et poids de chaque trait.

    Le poids au hasard dépend du nombre de lignes : celui du fichier, ou du modèle.
    États de sortie : 0 expliqué, 2 pas expliqué.
    """
    with learning_installed():
        from services.identity.domain.default_model import default_model
        from services.identity.drawing.waterfall import waterfall
        from services.identity.evaluation import explaining
        from services.identity.evaluation.running import open_source

        chosen = explaining.read_model(model) if model else default_model()
        if pair is not None:
            two = explaining.read_pair(pair.read())
        elif records is not None and lines:
            source = open_source(records, mapping or (), None)
            two = explaining.lines_of(source, _two_rows(lines))
            chosen = chosen.for_population(source.survey.rows)
        else:
            raise Malformed("rien_a_expliquer", "Donnez --records et --lines, ou --pair.")
        explained = explaining.explain(two, chosen)
        if chart is not None:
            with writing():
                chart.write_text(waterfall(explained.explanation), encoding="utf-8")
        if as_json:
            words.tell(explaining.data_of(explained))
        else:
            _show(explaining.tables_of(explained))


def _two_rows(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(part.isdecimal() for part in parts):
        raise Malformed("lignes_illisibles", "--lines attend deux numéros de ligne : 12,87.")
    return [int(part) for part in parts]


@identity.command()
def learn(
    out: Annotated[
        Path | None, typer.Option(show_default=False, help="Fichier du modèle à écrire, JSON.")
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option(
            "--records", show_default=False, help="Fichier CSV ; sinon ce que tient la base du service."
        ),
    ] = None,
    mapping: Mapping = None,
    version: Annotated[str, typer.Option(show_default=False, help="Nom du modèle ; sinon la date.")] = "",
    as_json: AsJson = False,
) -> None:
    """Apprend un modèle sans étiquettes, et l’écrit avec son rapport. Rien n’est adopté.

    Sans --records, la base du service est lue (AGORA_IDENTITY_DATABASE_URL, AGORA_IDENTITY_KEYS). Le fichier
    ne tient que des valeurs portées par vingt fiches ou plus. AGORA_SPLINK_BACKEND : duckdb ou spark.
    États de sortie : 0 appris, 2 pas appris.
    """
    with learning_installed():
        from datetime import UTC, datetime

        from services.identity.domain.model import dump_model
        from services.identity.evaluation import learning, running
        from services.identity.learning.backends import BACKENDS, SETTING

        if os.environ.get(SETTING, "duckdb") not in BACKENDS:
            raise Malformed("moteur_inconnu", f"{SETTING} vaut {' ou '.join(BACKENDS)}.")
        if records is not None:
            source = running.open_source(records, mapping or (), None)
            _say_how_it_is_read(source)
            found = running.learned(source.lines(), source.survey.rows, running.WRITTEN)
        else:
            with service_history() as history:
                sample = history.sample(learning.LEARNED_FROM)
                found = learning.learned_on(sample, history.count(), running.WRITTEN)
        model = learning.named(found, datetime.now(UTC).date(), version)
        if out is not None:
            with writing():
                out.write_text(dump_model(model) + "\n", encoding="utf-8")
        if as_json:
            words.tell({"version": model.version, "report": dict(model.report)})
        else:
            _show(learning.tables_of(model))


@identity.command()
def shadow(
    model: Annotated[Path, typer.Option(help="Le modèle à essayer.")],
    most: Annotated[int, typer.Option(min=0, help="Personnes montrées de chaque sorte.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Essaie un modèle sur tout ce que tient le service, sans rien y changer : qui serait réuni, qui séparé.

    Les personnes ne sont montrées que par leurs identifiants. Variables : AGORA_IDENTITY_DATABASE_URL,
    AGORA_IDENTITY_KEYS.
    États de sortie : 0 personne ne bougerait, 1 des personnes bougeraient, 2 pas essayé.
    """
    with learning_installed():
        from services.identity.evaluation import explaining, shadowing
        from services.identity.evaluation.room import room_in

        chosen = explaining.read_model(model)
        with service_history() as history, room_in(service_url()) as room, words.progress() as progress:
            bar = progress.add_task("Essai", total=history.count())
            found = shadowing.shadow(history, room, chosen, lambda count: progress.advance(bar, count))
        if as_json:
            words.tell(shadowing.data_of(found))
        else:
            _show(shadowing.tables_of(found, most))
    raise typer.Exit(SOMETHING_LEFT if found.linked or found.split else 0)


@contextmanager
def service_history() -> Iterator["History"]:
    """What the service holds, opened with its own keys."""
    from services.chassis.sealing import Keyring
    from services.identity.evaluation.history import history_at

    given = os.environ.get(KEYS_VARIABLE)
    if not given:
        raise Malformed("cles_absentes", f"Donnez les clés du service dans la variable {KEYS_VARIABLE}.")
    try:
        keys = Keyring.parse(given)
    except ValueError:
        raise Malformed("cles_illisibles", f"{KEYS_VARIABLE} ne se lit pas.") from None
    with history_at(service_url(), keys) as history:
        yield history

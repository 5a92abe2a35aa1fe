"""Finds a PostgreSQL for the commands that run a service's own code: the one in the environment, or a
checkout's private one, started for the time of the command."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from services.cli import words
from services.contracts.errors import Unavailable

if TYPE_CHECKING:
    from deploy.local.site import Site

VARIABLE = "AGORA_IDENTITY_DATABASE_URL"
_CHECKOUT = Path(__file__).resolve().parents[2]


@contextmanager
def database_url() -> Iterator[str]:
    """The address of a database in which a schema can be made. Raises `Unavailable`."""
    given = os.environ.get(VARIABLE)
    if given:
        yield given
        return
    if not (_CHECKOUT / "deploy" / "local").is_dir():
        raise Unavailable(
            "base_absente",
            f"Donnez l’adresse d’une base PostgreSQL dans la variable d’environnement {VARIABLE}.",
        )
    if find_spec("deploy") is None:
        sys.path.append(str(_CHECKOUT))
    with _private() as url:
        yield url


def service_url() -> str:
    """The address of the service's own database. Raises `Unavailable`."""
    given = os.environ.get(VARIABLE)
    if not given:
        raise Unavailable(
            "base_absente", f"Donnez l’adresse de la base du service dans la variable {VARIABLE}."
        )
    return given


@contextmanager
def _private() -> Iterator[str]:
    from deploy.local import packages, postgres
    from deploy.local.site import held, site_of
    from deploy.local.waiting import Failure

    site = site_of()
    try:
        with held(site), redirect_stdout(sys.stderr):
            was_running = postgres.is_running(site)
            packages.install(packages.missing(postgres=True, rabbitmq=False))
            postgres.start(site)
    except Failure as failure:
        raise Unavailable("base_absente", f"PostgreSQL n’a pas pu être démarré : {failure}") from None
    if not was_running:
        words.remark(f"→ PostgreSQL privé démarré dans {site.folder}, arrêté à la fin")
    try:
        yield postgres.admin_url(site).replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        if not was_running:
            _stop(site)


def _stop(site: "Site") -> None:
    """Stop the server that was started, unless somebody else has come to use it meanwhile."""
    from deploy.local import postgres
    from deploy.local.site import held

    with held(site):
        if postgres.is_in_use(site):
            words.remark("→ PostgreSQL privé laissé en marche : quelqu’un d’autre s’en sert")
        else:
            postgres.stop(site)

"""Servers of one's own: beside those that run, twice in a row, as root and as an ordinary user; and none
at all when the environment names some."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg
import pytest

from deploy.local import postgres, rabbitmq
from deploy.local.environment import load_env
from deploy.local.ports import ports_of
from deploy.local.site import Site
from services.contracts.message import SPEAKERS
from tests.conftest import ROOT

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


def _run(
    command: str,
    folder: Path,
    *,
    check: bool = True,
    environment: dict[str, str] | None = None,
    user: pwd.struct_passwd | None = None,
) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AGORA_")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", command],
        cwd=ROOT,
        env={**plain, **(environment or {}), "AGORA_SITE": str(folder)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        **_as(user),
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return f"{done.stdout}{done.stderr}"


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that others may pass through: pytest's own may not, and the servers have their own users."""
    made = Path(mkdtemp(prefix="agora-site-"))
    made.chmod(0o755)
    yield made / "site"
    _run("destroy", made / "site", check=False)
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def second(folder: Path) -> Site:
    """Another site, started while the one of `make test` runs."""
    _run("up", folder)
    return Site(folder)


def test_a_site_starts_beside_servers_that_run_and_disturbs_none(second: Site) -> None:
    assert postgres.is_running(second)
    assert rabbitmq.is_running(second)
    for service in SPEAKERS:  # those of `make test` still answer
        url = os.environ[f"AGORA_{service.upper()}_DATABASE_URL"].replace("+psycopg", "")
        with psycopg.connect(url, connect_timeout=5) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_starting_what_runs_changes_nothing(second: Site) -> None:
    before = (load_env(second), ports_of(second))
    _run("up", second.folder)
    assert (load_env(second), ports_of(second)) == before


def test_what_was_kept_is_there_after_a_stop_and_a_start(second: Site) -> None:
    with psycopg.connect(postgres.admin_url(second), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (value int)")
    _run("down", second.folder)
    assert not postgres.is_running(second)
    assert not rabbitmq.is_running(second)
    _run("up", second.folder)
    with psycopg.connect(postgres.admin_url(second), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_with_addresses_in_the_environment_nothing_is_started(second: Site, tmp_path: Path) -> None:
    theirs = {
        "AGORA_POSTGRES_ADMIN_URL": postgres.admin_url(second),
        "AGORA_RABBITMQ_ADMIN_URL": rabbitmq.admin_url(second),
        "AGORA_RABBITMQ_URL": f"amqp://{rabbitmq.address(second)}",
    }
    guest = Site(tmp_path / "guest")
    said = _run("up", guest.folder, environment=theirs)
    assert said.count("the one in the environment") == 2
    assert not (guest.folder / "postgres").exists()
    assert not (guest.folder / "rabbitmq").exists()
    with psycopg.connect(load_env(guest)["AGORA_DOSSIER_DATABASE_URL"].replace("+psycopg", "")) as connection:
        assert connection.info.port == ports_of(second)["postgres"]
    _run("up", second.folder)  # its own passwords again


def test_a_service_s_role_may_enter_its_own_database_alone(second: Site) -> None:
    url = load_env(second)["AGORA_DOSSIER_DATABASE_URL"].replace("+psycopg", "")
    for service in SPEAKERS:
        address = f"{url.rsplit('/', 1)[0]}/agora_{service}"
        if service == "dossier":
            psycopg.connect(address, connect_timeout=5).close()
        else:
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                psycopg.connect(address, connect_timeout=5)


def test_what_is_secret_is_for_its_owner_s_eyes(second: Site) -> None:
    for name in ("secrets.json", "env"):
        assert (second.folder / name).stat().st_mode & 0o077 == 0
    assert (second.folder / "postgres").stat().st_mode & 0o077 == 0


def test_another_s_site_is_refused_with_a_word_on_what_to_do(second: Site) -> None:
    nobody = _ordinary_user()
    said = _run("up", second.folder, check=False, user=nobody)
    assert "belongs to root" in said
    assert "AGORA_SITE" in said


def test_an_ordinary_user_has_servers_too() -> None:
    nobody = _ordinary_user()
    home = Path(mkdtemp(prefix="agora-user-"))
    shutil.chown(home, nobody.pw_uid, nobody.pw_gid)
    try:
        _run("up", home / "site", user=nobody)
        assert (home / "site" / "postgres" / "data" / "PG_VERSION").stat().st_uid == nobody.pw_uid
        assert postgres.is_running(Site(home / "site"))
        assert _run("status", home / "site", user=nobody).count("running") == 2
    finally:
        _run("destroy", home / "site", check=False, user=nobody)
        shutil.rmtree(home)


def _ordinary_user() -> pwd.struct_passwd:
    """`nobody`, to become whom one must be root; and this Python must be where nobody can reach it."""
    if os.getuid() != 0:
        pytest.skip("we are an ordinary user already: the other tests of this file have shown it")
    nobody = pwd.getpwnam("nobody")
    tried = subprocess.run(
        ["sh", "-c", '"$0" -c "import deploy.local.site"', sys.executable],
        cwd=ROOT,
        capture_output=True,
        timeout=30,
        check=False,
        **_as(nobody),
    )
    if tried.returncode:
        pytest.skip("this Python or this checkout lies in a folder that only root may enter")
    return nobody

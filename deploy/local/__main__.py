"""python -m deploy.local up | services | stop | down | destroy | status | partner SIRET… | demo"""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from deploy.local import demo as show
from deploy.local import packages, postgres, processes, rabbitmq
from deploy.local.environment import load_env, write_env
from deploy.local.houses import demolish
from deploy.local.ports import ports_of
from deploy.local.rabbitmq import Administration
from deploy.local.site import Site, held, site_of
from deploy.local.waiting import Failure


def _given(name: str) -> str:
    return os.environ.get(name, "")


def administration(site: Site) -> Administration:
    """The broker's administration: of the broker in the environment, or of the site's own."""
    if _given("AGORA_RABBITMQ_ADMIN_URL"):
        amqp = _given("AGORA_RABBITMQ_URL").removeprefix("amqp://").rstrip("/")
        return Administration(site, _given("AGORA_RABBITMQ_ADMIN_URL"), amqp)
    return Administration(site, rabbitmq.admin_url(site), rabbitmq.address(site))


def up(site: Site) -> None:
    """Start the servers that the environment does not name, and provision them all."""
    own_postgres, own_rabbitmq = (
        not _given("AGORA_POSTGRES_ADMIN_URL"),
        not _given("AGORA_RABBITMQ_ADMIN_URL"),
    )
    with held(site):
        packages.install(packages.missing(postgres=own_postgres, rabbitmq=own_rabbitmq))
        for own, name in ((own_postgres, "PostgreSQL"), (own_rabbitmq, "RabbitMQ")):
            where = f"a private one, in {site.folder}" if own else "the one in the environment"
            print(f"→ {name}: {where}")
        ports_of(site)
        with ThreadPoolExecutor() as pool:
            started = [pool.submit(postgres.start, site)] if own_postgres else []
            started += [pool.submit(rabbitmq.start, site)] if own_rabbitmq else []
            for one in started:
                one.result()
        admin = postgres.admin_url(site) if own_postgres else _given("AGORA_POSTGRES_ADMIN_URL")
        write_env(site, postgres.provision(site, admin), administration(site).provision())


def services(site: Site) -> None:
    """Migrate, then start every service's processes."""
    up(site)
    print("→ migrating the five databases")
    processes.migrate_all(site)
    print(f"→ starting {len(processes.PROCESSES)} processes")
    processes.start(site)


def stop(site: Site) -> None:
    """Stop the services' processes; the servers go on."""
    processes.stop(site)


def down(site: Site) -> None:
    """Stop the processes, then the site's own servers; everything kept stays."""
    processes.stop(site)
    with held(site):
        rabbitmq.stop(site)
        postgres.stop(site)
    print("→ stopped")


def destroy(site: Site) -> None:
    """Stop everything and remove what was kept."""
    down(site)
    for server in ("postgres", "rabbitmq"):
        demolish(site, server)
    for kept in ("env", "ports.json", "secrets.json"):
        (site.folder / kept).unlink(missing_ok=True)


def status(site: Site) -> None:
    """Say what runs, and where."""
    print(f"PostgreSQL  {'running' if postgres.is_running(site) else 'stopped'}")
    print(f"RabbitMQ    {'running' if rabbitmq.is_running(site) else 'stopped'}")
    for program, state in sorted(processes.states(site).items()):
        print(f"{program:<16} {state.lower()}")


def env(site: Site) -> None:
    """Print the site's settings as a shell reads them."""
    for name, value in load_env(site).items():
        print(f"export {name}='{value}'")


def partner(site: Site) -> None:
    """Make the accounts of the partners named; print each one's address as a shell reads it."""
    for siret, address in administration(site).partners(sys.argv[2:]).items():
        print(f"# {siret}\nexport AGORA_HUB_URL='{address}'")


def demo(site: Site) -> None:
    """Start what is not started, do the main job on a sample, and show what came of it."""
    services(site)
    show.run(administration(site), int(_given("DECLARATIONS") or 5000), int(_given("SEED") or 1))


COMMANDS: dict[str, Callable[[Site], None]] = {
    command.__name__: command for command in (up, services, stop, down, destroy, status, env, partner, demo)
}


def main() -> int:
    """Run one command; what went wrong is said, with what to do."""
    command = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        print(__doc__)
        return 2
    try:
        command(site_of())
    except Failure as failure:
        print(f"✗ {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The services' processes, under supervisor: restarted when they die, told apart, stopped together."""

import os
import subprocess
import sys
import xmlrpc.client
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.local.environment import environment_of, load_env
from deploy.local.site import CHECKOUT, Site, write_private
from deploy.local.waiting import Failure, tail, wait_until
from services.contracts.message import SPEAKERS

# Program, service, role. Scaling one alone is one more line, or one more machine.
PROCESSES = (
    ("ingestion", "ingestion", "run ingestion"),
    ("ingestion_bulk", "ingestion", "run ingestion_bulk"),
    ("ingestion_relay", "ingestion", "relay"),
    ("identity", "identity", "run identity"),
    ("identity_desk", "identity", "run identity_desk"),
    ("identity_relay", "identity", "relay"),
    ("dossier", "dossier", "run dossier"),
    ("dossier_bulk", "dossier", "run dossier_bulk"),
    ("dossier_notices", "dossier", "run dossier_notices"),
    ("dossier_relay", "dossier", "relay"),
    ("access", "access", "run access"),
    ("access_bulk", "access", "run access_bulk"),
    ("access_relay", "access", "relay"),
    ("reporting", "reporting", "run reporting"),
    ("reporting_bulk", "reporting", "run reporting_bulk"),
)


def migrate_all(site: Site) -> None:
    """Bring every service's database and queues up to date, side by side."""
    running = [
        (
            service,
            subprocess.Popen(
                [sys.executable, "-m", f"services.{service}", "migrate"],
                cwd=CHECKOUT,
                env=environment(site, service),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ),
        )
        for service in SPEAKERS
    ]
    for service, process in running:
        printed, _ = process.communicate(timeout=120)
        if process.returncode:
            raise Failure(f"the migration of {service} failed:\n{printed[-2000:]}")


def start(site: Site) -> None:
    """Start every process and wait until all run; nothing when they do."""
    if _state(site) is None:
        _write_configuration(site)
        subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(_configuration(site))],
            cwd=CHECKOUT,
            check=True,
            timeout=30,
        )
    wait_until(
        lambda: set((_state(site) or {}).values()) == {"RUNNING"},
        60,
        "the start of every process",
        _configuration(site).with_name("supervisord.log"),
    )


def stop(site: Site) -> None:
    """Stop every process: each ends what it is doing."""
    if _state(site) is None:
        return
    with _server(site) as server:
        # All at once: a shutdown by itself stops one after the other.
        server.supervisor.stopAllProcesses()
        server.supervisor.shutdown()
    wait_until(lambda: not _socket(site).exists(), 60, "the end of the processes")


def stop_one(site: Site, program: str) -> None:
    """Stop one program and leave the others running; it ends what it is doing."""
    with _server(site) as server:
        server.supervisor.stopProcess(program)


def start_one(site: Site, program: str) -> None:
    """Start one program again, and wait until it runs."""
    with _server(site) as server:
        server.supervisor.startProcess(program)


def pids(site: Site) -> dict[str, int]:
    """The process of each program that runs."""
    found: Any  # XML-RPC says nothing of its types
    with _server(site) as server:
        found = server.supervisor.getAllProcessInfo()
    return {one["name"]: one["pid"] for one in found if one["statename"] == "RUNNING"}


def states(site: Site) -> dict[str, str]:
    """The state of each program, by supervisor's own words; nothing when none was started."""
    return _state(site) or {}


def failure_of(site: Site, program: str) -> str:
    """The last words of a program."""
    return tail(site.logs / f"{program}.log")


def environment(site: Site, service: str) -> dict[str, str]:
    """What a process of a service finds in its environment, by whomever it is started."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGORA_")}
    return {**kept, **environment_of(service, load_env(site)), "PYTHONPATH": str(CHECKOUT)}


def _configuration(site: Site) -> Path:
    return site.folder / "supervisord.conf"


def _socket(site: Site) -> Path:
    # A socket's path has 107 characters at most, and a checkout may lie deep.
    return Path("/tmp") / f"agora-{site.key}.sock"  # noqa: S108  # named by the site, mode 0700


def _write_configuration(site: Site) -> None:
    site.logs.mkdir(exist_ok=True)
    env = load_env(site)
    head = f"""
[supervisord]
logfile = {site.folder}/supervisord.log
pidfile = {site.folder}/supervisord.pid
logfile_maxbytes = 5MB
[unix_http_server]
file = {_socket(site)}
chmod = 0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    programs = [
        f"""
[program:{program}]
command = {sys.executable} -m services.{service} {role}
directory = {CHECKOUT}
environment = {_quoted(environment_of(service, env))}
autorestart = true
startretries = 1000000
startsecs = 1
stopwaitsecs = 20
killasgroup = true
redirect_stderr = true
stdout_logfile = {site.logs}/{program}.log
stdout_logfile_maxbytes = 20MB
stdout_logfile_backups = 2
"""
        for program, service, role in PROCESSES
    ]
    write_private(_configuration(site), head + "".join(programs))


def _quoted(environment: dict[str, str]) -> str:
    return ",".join(f'{name}="{value.replace("%", "%%")}"' for name, value in environment.items())


def _server(site: Site) -> xmlrpc.client.ServerProxy:
    transport = SupervisorTransport(None, None, f"unix://{_socket(site)}")
    return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)


def _state(site: Site) -> dict[str, str] | None:
    found: Any
    try:
        with _server(site) as server:
            found = server.supervisor.getAllProcessInfo()
    except (OSError, xmlrpc.client.Error):
        return None
    return {one["name"]: one["statename"] for one in found}

"""A private RabbitMQ node, and the accounts of a broker: each with its own permissions and no more."""

from typing import Any
from urllib.parse import quote, urlsplit

import requests

from deploy.local import packages, programs
from deploy.local.credentials import password_of
from deploy.local.houses import House, house_of
from deploy.local.ports import answers, ports_of
from deploy.local.site import Site
from deploy.local.waiting import Failure, wait_until
from services.contracts import topology
from services.contracts.message import CALLS_EXCHANGE, OPERATOR, SPEAKERS, events_exchange
from services.contracts.topology import Permissions

ADMIN = "agora_admin"
VHOST = "agora"
# The same for every version of RabbitMQ: above what a call may hold, so that who sends too much is told
# so by the hub, in French; and not so far above that it could harm.
MAX_MESSAGE_BYTES = 32 * 1024 * 1024
_SECONDS = 10


def _environment(site: Site, house: House) -> dict[str, str]:
    ports = ports_of(site)
    return programs.environment_of(
        house,
        RABBITMQ_NODENAME=f"agora-{site.key}@localhost",
        RABBITMQ_MNESIA_BASE=str(house.folder / "data"),
        RABBITMQ_LOG_BASE=str(house.folder / "log"),
        RABBITMQ_CONFIG_FILE=str(house.folder / "rabbitmq.conf"),
        RABBITMQ_CONF_ENV_FILE=str(house.folder / "none"),
        RABBITMQ_ENABLED_PLUGINS_FILE=str(house.folder / "enabled_plugins"),
        RABBITMQ_DIST_PORT=str(ports["distribution"]),
        ERL_EPMD_PORT=str(ports["epmd"]),
        ERL_EPMD_ADDRESS="127.0.0.1",
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}",
    )


def start(site: Site) -> None:
    """Start the site's node, made the first time; nothing when it runs."""
    if is_running(site):
        return
    house, ports = house_of(site, "rabbitmq", "rabbitmq"), ports_of(site)
    house.file(
        "rabbitmq.conf",
        f"""
listeners.tcp.1 = 127.0.0.1:{ports["amqp"]}
management.tcp.ip = 127.0.0.1
management.tcp.port = {ports["management"]}
default_user = {ADMIN}
default_pass = {password_of(site, ADMIN)}
default_vhost = {VHOST}
log.console = false
log.file.level = warning
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 2GB
max_message_size = {MAX_MESSAGE_BYTES}
collect_statistics_interval = 2000
""",
    )
    house.file("enabled_plugins", "[rabbitmq_management].\n")
    out = house.folder / "out"
    command = [str(packages.RABBITMQ_BIN / "rabbitmq-server")]
    programs.launch(house, command, out, _environment(site, house))
    wait_until(lambda: is_running(site), 90, "RabbitMQ's answer", out)


def stop(site: Site) -> None:
    """Stop the node; its data stay."""
    if not answers(ports_of(site)["amqp"]):
        return
    house = house_of(site, "rabbitmq", "rabbitmq")
    control = str(packages.RABBITMQ_BIN / "rabbitmqctl")
    programs.run(house, [control, "stop"], seconds=60, environment=_environment(site, house))
    wait_until(lambda: not answers(ports_of(site)["amqp"]), 30, "RabbitMQ's end")


def admin_url(site: Site) -> str:
    """Where the site's management interface is, for its administrator."""
    return f"http://{ADMIN}:{password_of(site, ADMIN)}@127.0.0.1:{ports_of(site)['management']}"


def address(site: Site) -> str:
    """Where the site's node takes connections."""
    return f"127.0.0.1:{ports_of(site)['amqp']}"


def is_running(site: Site) -> bool:
    """Whether the site's own node answers and takes connections."""
    try:
        found = requests.get(f"{admin_url(site)}/api/overview", timeout=3)
    except requests.RequestException:
        return False
    return found.ok and answers(ports_of(site)["amqp"])


class Administration:
    """The management interface of a broker, ours or another's."""

    def __init__(self, site: Site, admin: str, amqp: str) -> None:
        parts = urlsplit(admin)
        self.site, self.amqp = site, amqp
        self.api = f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
        self.session = requests.Session()
        self.session.auth = (parts.username or "", parts.password or "")

    def _put(self, path: str, body: dict[str, Any]) -> None:
        answer = self.session.put(f"{self.api}/{path}", json=body, timeout=_SECONDS)
        if not answer.ok:
            raise Failure(f"RabbitMQ refused {path.split('/')[0]}: {answer.status_code} {answer.text[:200]}")

    def provision(self) -> dict[str, str]:
        """The vhost, the exchanges, and an account for each service and the operator; returns their URLs."""
        self._put(f"vhosts/{VHOST}", {})
        admin = {"configure": ".*", "write": ".*", "read": ".*"}
        self._put(f"permissions/{VHOST}/{self.session.auth[0]}", admin)  # type: ignore[index]  # set above
        for exchange in (CALLS_EXCHANGE, *map(events_exchange, SPEAKERS)):
            self._put(f"exchanges/{VHOST}/{exchange}", {"type": "topic", "durable": True})
        urls = {str(service): self.account(service, topology.of_service(service)) for service in SPEAKERS}
        return {**urls, OPERATOR: self.account(OPERATOR, topology.of_operator())}

    def account(self, name: str, permissions: Permissions) -> str:
        """An account with exactly these permissions; returns its URL."""
        password = password_of(self.site, f"rabbitmq:{name}")
        self._put(f"users/{name}", {"password": password, "tags": ""})
        for exchange, (write, read) in permissions.topics.items():
            self._put(
                f"topic-permissions/{VHOST}/{name}", {"exchange": exchange, "write": write, "read": read}
            )
        rights = {"configure": permissions.configure, "write": permissions.write, "read": permissions.read}
        self._put(f"permissions/{VHOST}/{name}", rights)
        return f"amqp://{name}:{quote(password, safe='')}@{self.amqp}/{VHOST}"

    def partners(self, sirets: list[str]) -> dict[str, str]:
        """An account for each of these partners; returns their URLs."""
        return {siret: self.account(siret, topology.of_partner(siret)) for siret in sirets}

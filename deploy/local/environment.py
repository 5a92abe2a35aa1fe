"""The settings of a site, one line each, and which of them a service may see."""

import os

from deploy.local.credentials import key_of
from deploy.local.site import Site, write_private

_SECRETS = {
    "ingestion": ("AGORA_TRAITS_KEYS", "AGORA_INGESTION_KEYS"),
    "identity": ("AGORA_TRAITS_KEYS", "AGORA_IDENTITY_KEYS", "AGORA_IDENTITY_BLIND_KEY"),
    "dossier": ("AGORA_DOSSIER_PSEUDONYM_KEY",),
    "access": (),
    "reporting": (),
}
# Passed on when they are set: how a whole site is told to wait less, or log more.
_COMMON = ("AGORA_RETRY_SECONDS", "AGORA_LOG_LEVEL", "AGORA_WORKERS", "AGORA_REPORTING_THRESHOLD")


def write_env(site: Site, databases: dict[str, str], brokers: dict[str, str]) -> dict[str, str]:
    """Write the site's settings, and return them."""
    env = {f"AGORA_{service.upper()}_DATABASE_URL": url for service, url in databases.items()}
    env |= {f"AGORA_{account.upper()}_BROKER_URL": url for account, url in brokers.items()}
    for name in sorted({name for names in _SECRETS.values() for name in names}):
        key = key_of(site, name)
        env[name] = f"k1:{key}" if name.endswith("_KEYS") else key
    write_private(site.env_file, "".join(f"{name}={value}\n" for name, value in env.items()))
    return env


def load_env(site: Site) -> dict[str, str]:
    """The site's settings; empty before its first `up`."""
    try:
        lines = site.env_file.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines)


def environment_of(service: str, env: dict[str, str]) -> dict[str, str]:
    """What one service is told: its own addresses and keys, and nobody else's."""
    own = (f"AGORA_{service.upper()}_DATABASE_URL", f"AGORA_{service.upper()}_BROKER_URL", *_SECRETS[service])
    common = {name: os.environ[name] for name in _COMMON if name in os.environ}
    return {**common, **{name: env[name] for name in own}}

"""What a process of a service is told by its environment, read once, at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


class SettingMissing(Exception):
    """A setting without which nothing can start."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not set: see the Settings section of the service's README")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the chassis needs to know. One environment variable each, see `settings_of`."""

    service: str
    database_url: str
    broker_url: str
    workers: int = 4
    statement_timeout: timedelta = timedelta(seconds=30)
    lock_timeout: timedelta = timedelta(seconds=10)
    # A message that fails is tried again after each of these, then goes to the dead letters.
    retry_delays: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (1, 5, 15, 60, 300, 900, 3600))
    # How often the broker hands out a message whose consumers die of it.
    delivery_limit: int = 20
    call_timeout: timedelta = timedelta(seconds=5)
    inbox_kept: timedelta = timedelta(days=30)
    log_level: str = "INFO"
    http_port: int | None = None


def required(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value of a setting, or `SettingMissing`."""
    value = environment.get(name, "")
    if not value:
        raise SettingMissing(name)
    return value


def settings_of(service: str, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of one service: `AGORA_<SERVICE>_<SETTING>`, or `AGORA_<SETTING>` for all."""
    prefix = f"AGORA_{service.upper()}_"

    def given(name: str, default: str = "") -> str:
        return environment.get(prefix + name) or environment.get(f"AGORA_{name}") or default

    delays = given("RETRY_SECONDS", "1,5,15,60,300,900,3600").split(",")
    return Settings(
        service=service,
        database_url=required(f"{prefix}DATABASE_URL", environment),
        broker_url=required(f"{prefix}BROKER_URL", environment),
        workers=int(given("WORKERS", "4")),
        statement_timeout=timedelta(seconds=float(given("STATEMENT_TIMEOUT_SECONDS", "30"))),
        lock_timeout=timedelta(seconds=float(given("LOCK_TIMEOUT_SECONDS", "10"))),
        retry_delays=tuple(timedelta(seconds=float(delay)) for delay in delays),
        delivery_limit=int(given("DELIVERY_LIMIT", "20")),
        call_timeout=timedelta(seconds=float(given("CALL_TIMEOUT_SECONDS", "5"))),
        inbox_kept=timedelta(days=float(given("INBOX_KEPT_DAYS", "30"))),
        log_level=given("LOG_LEVEL", "INFO"),
        http_port=int(port) if (port := given("HTTP_PORT")) else None,
    )

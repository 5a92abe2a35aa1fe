"""Free ports of this machine, chosen once for a site and kept."""

import socket

from deploy.local.site import Site

_NAMES = ("postgres", "amqp", "management", "epmd", "distribution", "agent")


def ports_of(site: Site) -> dict[str, int]:
    """The ports of a site's servers: the same from one start to the next."""
    kept: dict[str, int] = site.read("ports")
    if set(kept) == set(_NAMES):
        return kept
    sockets = [socket.socket() for _ in _NAMES]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = {name: int(one.getsockname()[1]) for name, one in zip(_NAMES, sockets, strict=True)}
    for one in sockets:
        one.close()
    site.keep("ports", ports)
    return ports


def answers(port: int) -> bool:
    """Whether something listens on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0

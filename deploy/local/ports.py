"""Free ports of this machine, chosen once for a site and kept.

Below those that the system gives to connections (from 32768 on, on Linux): while a server is down, its port
would be given away.
"""

import random
import socket

from deploy.local.site import Site

_NAMES = ("postgres", "amqp", "management", "epmd", "distribution", "agent")
_TO_CHOOSE_FROM = range(20_000, 32_768)


def ports_of(site: Site) -> dict[str, int]:
    """The ports of a site's servers: the same from one start to the next."""
    kept: dict[str, int] = site.read("ports")
    if set(kept) == set(_NAMES):
        return kept
    sockets: list[socket.socket] = []
    for port in random.sample(_TO_CHOOSE_FROM, 1_000):
        if len(sockets) < len(_NAMES):
            one = socket.socket()
            try:
                one.bind(("127.0.0.1", port))
            except OSError:  # somebody listens there
                one.close()
            else:
                sockets.append(one)
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

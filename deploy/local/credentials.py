"""Passwords and keys of a site: made once, kept in a file of its owner's, printed nowhere."""

import base64
import secrets as random
import threading
from collections.abc import Callable

from deploy.local.site import Site

_writing = threading.Lock()  # the two servers start side by side


def password_of(site: Site, who: str) -> str:
    """The password of one account."""
    return _kept(site, f"password:{who}", lambda: random.token_urlsafe(24))


def key_of(site: Site, name: str) -> str:
    """A 32-byte key in base64."""
    return _kept(site, f"key:{name}", lambda: base64.b64encode(random.token_bytes(32)).decode())


def _kept(site: Site, name: str, make: Callable[[], str]) -> str:
    with _writing:
        kept = site.read("secrets")
        if name not in kept:
            kept[name] = make()
            site.keep("secrets", kept)
        return str(kept[name])

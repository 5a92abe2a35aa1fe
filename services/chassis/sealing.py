"""Encryption at rest and keyed hashes, with keys that can be replaced without stopping.

A keyring is `k2:<base64>,k1:<base64>`: the first key seals, every one opens. What is sealed begins
with the name of its key, so that an old key is retired when nothing names it any more.
"""

import base64
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

_NONCE = 12


class SealBroken(Exception):
    """The bytes were not sealed by a key of this ring, or for this purpose."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """AES-256-GCM keys by name; the first seals."""

    keys: dict[str, AESGCM]

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read `name:base64,name:base64`; each key is 32 bytes."""
        pairs = (entry.split(":", 1) for entry in text.split(","))
        return cls({name.strip(): AESGCM(key_of(value)) for name, value in pairs})

    @property
    def current(self) -> str:
        return next(iter(self.keys))

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        """`plain`, encrypted and bound to `purpose`: it opens for no other."""
        name = self.current.encode()
        nonce = os.urandom(_NONCE)
        return bytes([len(name)]) + name + nonce + self.keys[self.current].encrypt(nonce, plain, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """What `seal` was given; `SealBroken` otherwise."""
        length = 1 + sealed[0] if sealed else 0
        key = self.keys.get(sealed[1:length].decode("ascii", "replace"))
        if key is None:
            raise SealBroken
        try:
            return key.decrypt(sealed[length : length + _NONCE], sealed[length + _NONCE :], purpose)
        except (InvalidTag, ValueError):
            raise SealBroken from None


def key_of(text: str) -> bytes:
    """A 32-byte key from its base64."""
    key = base64.b64decode(text, validate=True)
    if len(key) != 32:
        raise ValueError("a key is 32 bytes in base64")
    return key


def keyed_hash(key: bytes, value: str) -> bytes:
    """The same 32 bytes for the same value, which nobody without the key can find again."""
    return keyed_hashes(key, [value])[0]


def keyed_hashes(key: bytes, values: Iterable[str]) -> list[bytes]:
    """The keyed hash of each value."""
    begun, found = _started(key), []
    for value in values:
        started = begun.copy()
        started.update(value.encode())
        found.append(started.finalize())
    return found


@lru_cache(maxsize=16)
def _started(key: bytes) -> HMAC:
    """To take in the key is more than half of the work, for values as short as ours."""
    return HMAC(key, SHA256())

"""Where passwords come from: an address, an environment variable, the system's keyring, or a person."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from reid_core.errors import UsageError
from reid_core.redaction import MASK, REFERENCE, redact
from reid_core.streams.address import GivenAddress, StreamAddress, fill_parameters, secret_parameters

SERVICE = "sightline"
"""What the keyring files our passwords under."""

Ask = Callable[[StreamAddress], str | None]
"""Asks a person once for a password; None when nobody answers."""


@dataclass(frozen=True, slots=True)
class Login:
    """An address that can be connected to. It holds secrets: it is never stored, shown or sent to a child.

    Attributes:
        address: The address for people.
        password: The password, or None where nobody logs in.
        target: The address with its secret parameters filled in.
    """

    address: StreamAddress
    password: str | None = field(default=None, repr=False)
    target: StreamAddress = field(default_factory=lambda: StreamAddress("device", "0"), repr=False)


def hand_over(address: StreamAddress, password: str) -> None:
    """Let this program and the children that it starts from now on log in, until it ends.

    The password travels in the environment, which other users cannot read, as anybody can a command line.
    """
    redact.learn(password, address.user)
    os.environ[_handed_name(address)] = password


def _handed_name(address: StreamAddress) -> str:
    return f"SIGHTLINE_PASSWORD_{sha256(address.account.encode()).hexdigest()[:16].upper()}"


def find_login(
    given: GivenAddress,
    *,
    ask: Ask | None = None,
    variables: Mapping[str, str] = os.environ,
    lookup: Callable[[StreamAddress], str | None] | None = None,
) -> Login:
    """The address with its password: what was given, else its variable, else the keyring's, else asked.

    Raises:
        UsageError: A password is needed and found nowhere; the message says where to put it.
    """
    address = given.address
    password = given.password
    if address.variable:
        password = _variable(address.variable, variables)
    elif address.user and password is None:
        password = variables.get(_handed_name(address))
        if password is None:
            password = (lookup or keyring_password)(address)
        if password is None and ask is not None:
            password = ask(address)
        if password is None:
            raise UsageError(
                f"{address} needs a password: put it into an environment variable and write "
                f"{_by_variable(address)}, or keep it in the system's keyring with: "
                f"sightline stream-test --remember {address}"
            )
    redact.learn(password, address.user)
    return Login(address, password, fill_parameters(address, _parameters(given, variables)))


def _variable(name: str, variables: Mapping[str, str]) -> str:
    if name not in variables:
        raise UsageError(
            f"The environment variable {name}, which should hold a password, is not set; set it."
        )
    return variables[name]


def _parameters(given: GivenAddress, variables: Mapping[str, str]) -> dict[str, str]:
    values = dict(given.secrets)
    for name, value in secret_parameters(given.address).items():
        if REFERENCE.fullmatch(value):
            values[name] = _variable(value[4:], variables)
        elif value == MASK and name not in values:
            raise UsageError(
                f"{given.address} has a secret parameter that is not stored: give the address again, "
                f"with {name}=env:NAME for an environment variable that holds it."
            )
        redact.learn(values.get(name))
    return values


def keyring_password(address: StreamAddress) -> str | None:
    """The password that the system's keyring holds; None without one, or without a keyring."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, address.account)
    except (KeyringError, OSError, RuntimeError):
        return None


def remember_password(address: StreamAddress, password: str) -> None:
    """Keep a password in the system's keyring.

    Raises:
        UsageError: There is no keyring here, or it is locked.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, address.account, password)
    except (KeyringError, OSError, RuntimeError) as error:
        raise UsageError(
            f"The system's keyring took nothing ({type(error).__name__}); use an environment variable: "
            f"{_by_variable(address)}"
        ) from None


def _by_variable(address: StreamAddress) -> StreamAddress:
    return replace(address, variable="NAME")

import pytest

from reid_core.errors import UsageError
from reid_core.streams import credentials
from reid_core.streams.address import parse_address
from reid_core.streams.credentials import find_login, keyring_password, remember_password


def find(text, **options):
    return find_login(parse_address(text), lookup=options.pop("lookup", lambda address: None), **options)


def test_a_password_comes_from_the_address_its_variable_the_keyring_or_a_person():
    assert find("rtsp://ann:given123@h/a").password == "given123"
    assert find("rtsp://ann:env:PW@h/a", variables={"PW": "from env"}).password == "from env"
    assert find("rtsp://ann@h/a", lookup=lambda address: address.account).password == "rtsp://ann@h"
    assert find("rtsp://ann@h:8554/a", ask=lambda address: "asked123").password == "asked123"
    assert find("rtsp://h/a").password is None
    assert find("device:0").password is None


def test_a_person_is_asked_only_when_nothing_else_knows():
    asked = []
    find("rtsp://ann@h/a", lookup=lambda address: "kept1234", ask=asked.append)
    assert asked == []


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("rtsp://ann@h/a", "rtsp://ann:env:NAME@h/a"),
        ("rtsp://ann:env:PW@h/a", "PW"),
        ("http://h/v?pwd=***", "env:NAME"),
    ],
)
def test_a_password_that_is_nowhere_is_said_with_what_to_do(text, advice):
    with pytest.raises(UsageError, match="env") as refused:
        find(text, variables={})
    assert advice in str(refused.value)


def test_secret_parameters_reach_the_target_alone():
    login = find("http://h/v?token=env:T&x=1", variables={"T": "a b&c"})
    assert login.target.path == "/v?token=a%20b%26c&x=1"
    assert str(login.address) == "http://h/v?token=env:T&x=1"
    assert "a b" not in repr(login)
    assert "%20" not in repr(login)


def test_the_keyring_is_asked_by_account(monkeypatch):
    kept = {}
    monkeypatch.setattr("keyring.set_password", lambda *row: kept.__setitem__(row[:2], row[2]))
    monkeypatch.setattr("keyring.get_password", lambda *row: kept.get(row))
    address = parse_address("rtsp://ann@h:8554/a").address
    assert keyring_password(address) is None
    remember_password(address, "kept1234")
    assert kept == {(credentials.SERVICE, "rtsp://ann@h:8554"): "kept1234"}
    assert keyring_password(address) == "kept1234"


def test_no_keyring_is_no_password_and_no_traceback(monkeypatch):
    from keyring.errors import NoKeyringError

    def refuse(*row):
        raise NoKeyringError

    monkeypatch.setattr("keyring.set_password", refuse)
    monkeypatch.setattr("keyring.get_password", refuse)
    address = parse_address("rtsp://ann@h/a").address
    assert keyring_password(address) is None
    with pytest.raises(UsageError, match="environment variable"):
        remember_password(address, "kept1234")

from urllib.parse import quote

import pytest

from reid_core.errors import UsageError
from reid_core.streams.address import (
    StreamAddress,
    fill_parameters,
    is_address,
    parse_address,
    secret_parameters,
)
from tests.fakes.passwords import awkward_passwords


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://10.0.0.7/live", StreamAddress("rtsp", "10.0.0.7", 554, "/live")),
        ("RTSP://Cam.Local:8554/a/b?x=1", StreamAddress("rtsp", "cam.local", 8554, "/a/b?x=1")),
        ("rtsp://[fe80::1]:554/a", StreamAddress("rtsp", "fe80::1", 554, "/a")),
        ("rtsp+udp://ann@h/a", StreamAddress("rtsp+udp", "h", 554, "/a", "ann")),
        ("https://host", StreamAddress("https", "host", 443, "/")),
        ("http://ann@host:8080/v.mjpg", StreamAddress("http", "host", 8080, "/v.mjpg", "ann")),
        ("rtsp://ann:env:CAM_PW@h/a", StreamAddress("rtsp", "h", 554, "/a", "ann", "CAM_PW")),
        ("device:0", StreamAddress("device", "0", 0, "")),
    ],
)
def test_addresses_are_taken_apart_and_written_again(text, expected):
    given = parse_address(text)
    assert (given.address, given.password) == (expected, None)
    assert parse_address(str(given.address)).address == expected


@pytest.mark.parametrize("password", awkward_passwords())
def test_a_password_is_found_and_never_written(password):
    given = parse_address(f"rtsp://ann:{quote(password, safe='')}@host:8554/live?profile=1")
    assert given.password == password
    assert password not in repr(given)
    assert str(given.address) == "rtsp://ann@host:8554/live?profile=1"


def test_characters_that_are_clear_need_no_escape():
    assert parse_address("rtsp://ann:a@b:c%d e@host/x").password == "a@b:c%d e"


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://ann:pa/ssw0rd@host/x",
        "rtsp://ann:pa#ssw0rd@host/x",
        "rtsp://ann:pa?ssw0rd@host/x",
        "rtsp://ann:ssw0rd@/x",
        "rtsp://ann:ssw0rd@host:99999/x",
        "rtsp://ann:ssw0rd@ho st/x",
        "file:///etc/ssw0rd",
        "rtmp://ann:ssw0rd@host/x",
        "gopher://ann:ssw0rd@host/",
        "rtsp:/host/x",
        "device:one",
        "device:/dev/video0",
        "rtsp://host/\r\nDESCRIBE /x",
        "",
    ],
)
def test_what_is_no_clear_address_is_refused_without_repeating_a_password(text):
    with pytest.raises(UsageError) as refused:
        parse_address(text)
    assert "ssw0rd@" not in str(refused.value)
    assert "ann:ssw0rd" not in str(refused.value)


def test_secret_parameters_are_not_kept():
    given = parse_address("http://host/v?user=ann&pwd=s%20cret1&q=2")
    assert str(given.address) == "http://host/v?user=ann&pwd=***&q=2"
    assert given.secrets == (("pwd", "s cret1"),)
    assert secret_parameters(given.address) == {"pwd": "***"}
    assert fill_parameters(given.address, dict(given.secrets)).path == "/v?user=ann&pwd=s%20cret1&q=2"
    assert parse_address(str(given.address)).address == given.address


def test_files_are_told_from_addresses():
    assert is_address("rtsp://x/y")
    assert is_address("device:0")
    assert is_address("file:///etc/passwd")
    assert not is_address("clips/a.mp4")
    assert not is_address("c:\\clips\\a.mp4")

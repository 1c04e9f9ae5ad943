import base64

import pytest

from reid_core.streams.authorization import Authorizer, digest_answer

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "answer"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_gives_the_answers_of_rfc_7616(algorithm, answer):
    login = ("Mufasa", "http-auth@example.org", "Circle of Life")
    own, request = ("00000001", CNONCE), ("GET", "/dir/index.html")
    assert digest_answer(algorithm, login, NONCE, own, request) == answer


def test_digest_without_qop_is_that_of_rfc_2069():
    login = ("Mufasa", "testrealm@host.com", "CircleOfLife")
    answer = digest_answer(
        "MD5", login, "dcd98b7102dd2f0e8b11d0f600bfb0c093", ("", ""), ("GET", "/dir/index.html")
    )
    assert answer == "1949323746fe6a43ef61f9606e7febea"  # the erratum to RFC 2069's example


def test_nothing_is_sent_before_it_is_asked_for():
    assert Authorizer("ann", "pw").header("GET", "/") is None


def test_the_strongest_challenge_is_answered():
    login = Authorizer("ann", "pw")
    offers = [
        "Basic realm=x",
        'Digest realm="x", nonce="n"',
        'Digest realm="x", nonce="m", algorithm=SHA-256',
    ]
    assert login.learn(offers)
    header = login.header("DESCRIBE", "rtsp://h/x")
    assert header is not None
    assert 'nonce="m"' in header
    assert "algorithm=SHA-256" in header
    assert "pw" not in header


def test_basic_speaks_utf_8():
    login = Authorizer("ann", "pä:ß")
    assert login.learn(["Basic realm=x"])
    header = login.header("GET", "/")
    assert header is not None
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "ann:pä:ß"


@pytest.mark.parametrize("challenge", ["Negotiate", "Digest realm=x, nonce=n, algorithm=MD5-sess", ""])
def test_what_cannot_be_answered_is_said(challenge):
    assert not Authorizer("ann", "pw").learn([challenge])

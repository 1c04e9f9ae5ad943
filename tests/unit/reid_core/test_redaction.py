import json
import subprocess
import sys
from urllib.parse import quote

import pytest

from reid_core.redaction import Redactor
from tests.fakes.passwords import awkward_passwords


@pytest.fixture
def redact():
    return Redactor()


def test_addresses_lose_their_password_even_when_nobody_told(redact):
    text = "cannot open rtsp://ann:hunter2@host/x and http://h/v?user=ann&pwd=hunter2&q=1."
    assert redact(text) == "cannot open rtsp://ann:***@host/x and http://h/v?user=ann&pwd=***&q=1."


def test_references_and_addresses_without_a_password_stay(redact):
    text = "rtsp://ann:env:CAM@host/x rtsp://ann@host/x http://h/v?pwd=env:CAM see a@b.example"
    assert redact(text) == text


def test_headers_lose_their_login(redact):
    assert redact("Authorization: Basic YW5uOmh1bnRlcjI=\r\nx") == "Authorization: Basic ***\r\nx"
    assert redact('authorization: Digest username="a", response="0"') == "authorization: Digest ***"


@pytest.mark.parametrize("password", awkward_passwords())
def test_known_passwords_are_hidden_in_every_spelling(redact, password):
    redact.learn(password, "ann")
    said = [password, quote(password, safe=""), quote(password), repr(password), json.dumps(password)]
    said.append(json.dumps(password, ensure_ascii=False))
    for text in said:
        shown = redact(f"the server said {text}!")
        assert password not in shown
        assert quote(password, safe="") not in shown
        assert "***" in shown


def test_values_are_redacted_inside_and_keys_kept(redact):
    redact.learn("hunter2")
    assert redact.value({"hunter2": ["a hunter2", 2, None, {"x": ("hunter2",)}]}) == {
        "hunter2": ["a ***", 2, None, {"x": ["***"]}]
    }


def test_short_passwords_are_hidden_in_addresses_only(redact):
    redact.learn("1")
    assert redact("1 frame of rtsp://ann:1@host/1") == "1 frame of rtsp://ann:***@host/1"


def test_a_password_that_holds_another_leaves_nothing_behind(redact):
    redact.learn("secret")
    redact.learn("secret-and-more")
    assert redact("secret-and-more") == "***"


def test_logs_and_errors_that_nobody_caught_are_redacted_in_a_program():
    code = """
import logging, threading
from reid_core.redaction import guard_process, redact
guard_process()
redact.learn("hunter2hunter2")
logging.getLogger("x").warning("it is %s", "hunter2hunter2")
try:
    raise ValueError("logged hunter2hunter2")
except ValueError:
    logging.getLogger("x").exception("it broke")
def work():
    raise ValueError("thread hunter2hunter2")
thread = threading.Thread(target=work)
thread.start()
thread.join()
raise ValueError("main rtsp://ann:unlearned@host/x hunter2hunter2")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "hunter2" not in done.stderr
    assert "unlearned" not in done.stderr
    for words in ("it is ***", "logged ***", "thread ***", "main rtsp://ann:***@host/x ***"):
        assert words in done.stderr

"""The console entry: what it delegates, what it says, what it does not import."""

import subprocess
import sys
from importlib.metadata import entry_points

from app.__main__ import NO_WINDOW, TRAINING_COMMANDS, main


def test_without_a_command_it_says_in_words_that_there_is_no_window(capsys):
    assert main([]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == NO_WINDOW


def test_a_command_goes_to_the_core(monkeypatch):
    import reid_core.cli.main as core

    seen = []
    monkeypatch.setattr(core, "main", lambda argv: seen.append(argv) or 5)
    assert main(["tracklets", "trial.sightline", "--json"]) == 5
    assert seen == [["tracklets", "trial.sightline", "--json"]]


def test_every_command_of_training_goes_to_training(monkeypatch):
    import training.__main__ as training

    (subparsers,) = [action for action in training.build_parser()._actions if action.dest == "command"]
    assert frozenset(subparsers.choices) == TRAINING_COMMANDS
    monkeypatch.setattr(training, "main", lambda argv: 4)
    assert [main([command]) for command in TRAINING_COMMANDS] == [4] * len(TRAINING_COMMANDS)


def test_the_arguments_of_the_process_are_the_default(monkeypatch):
    import reid_core.cli.main as core

    monkeypatch.setattr(core, "main", lambda argv: len(argv))
    monkeypatch.setattr(sys, "argv", ["sightline", "log", "trial"])
    assert main() == 2


def test_the_console_script_is_this_function():
    (script,) = entry_points(group="console_scripts", name="sightline")
    assert script.load() is main


def test_neither_qt_nor_heavy_packages_are_imported_to_parse_a_command():
    code = (
        "import sys, app.__main__\n"
        "try: app.__main__.main(['--help'])\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'PySide6', 'pyqtgraph', 'torch', 'ultralytics', 'openvino', 'faiss', 'cv2', 'av'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: sightline" in done.stdout

"""The console entry: what it delegates, what it says, what it does not import."""

import subprocess
import sys
import types
from importlib.metadata import entry_points

import pytest

from app.__main__ import TRAINING_COMMANDS, main


def test_without_a_command_the_window_opens_and_without_qt_a_sentence_says_why_not(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "app.application", None)  # as where PySide6 cannot be imported
    assert main([]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "needs PySide6" in printed.err
    assert "sightline doctor" in printed.err


def test_options_and_projects_are_for_the_window(monkeypatch, tmp_path):
    project = tmp_path / "trial.sightline"
    project.touch()
    opened = []
    fake = types.ModuleType("app.application")
    fake.run_window = lambda options: opened.append(options) or 0
    monkeypatch.setitem(sys.modules, "app.application", fake)
    assert main([str(project)]) == 0
    assert main(["--project", str(project), "--page", "sources", "--size", "1280x800", "--scale", "2"]) == 0
    assert [options.project for options in opened] == [project, project]
    assert (opened[1].page, opened[1].size, opened[1].scale) == ("sources", (1280, 800), 2.0)


@pytest.mark.parametrize(
    "arguments", [["--size", "big"], ["--project", "/nowhere.sightline"], ["--scale", "9"]]
)
def test_mistakes_in_the_options_are_usage(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_command_goes_to_the_core(monkeypatch):
    import reid_core.cli.main as core

    seen = []
    monkeypatch.setattr(core, "main", lambda argv: seen.append(argv) or 5)
    assert main(["tracklets", "trial.sightline", "--json"]) == 5
    assert seen == [["tracklets", "trial.sightline", "--json"]]


def test_commands_of_training_go_to_training_unless_the_core_has_their_name(monkeypatch):
    import reid_core.cli.main as core
    import training.__main__ as training

    def commands(parser):
        return next(set(action.choices) for action in parser._actions if action.dest == "command")

    ours = commands(training.build_parser()) - commands(core.build_parser())
    assert ours == TRAINING_COMMANDS
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

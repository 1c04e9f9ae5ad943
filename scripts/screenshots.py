"""Makes the README's pictures: ``python scripts/screenshots.py demo-out/demo.sightline docs/pictures``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.application import Application
from app.options import WindowOptions
from app.settings import Settings
from app.theme.theme import theme
from app.workspace import Page

SIZE = (1600, 1000)
AT_MS = 4500.0
SOMEBODY = "c1s1t3"
"""A person whom the demo shows whole in every camera."""


def wait(app: QApplication, is_done: Callable[[], bool], seconds: float = 300.0) -> None:
    """Let the window work until something is the case."""
    deadline = time.monotonic() + seconds
    while not is_done():
        app.processEvents()
        time.sleep(0.01)
        if time.monotonic() > deadline:
            raise SystemExit("the window did not get there")
    for _ in range(30):
        app.processEvents()
        time.sleep(0.01)


def save_small(application: Application, path: Path) -> None:
    """Save the window at three quarters of its width and in 256 colours, for a fifth of the size."""
    mode = Qt.TransformationMode.SmoothTransformation
    application.window.grab().scaledToWidth(SIZE[0] * 3 // 4, mode).save(str(path))
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE)
    small.save(path, optimize=True)


def draw_people(app: QApplication, application: Application, folder: Path) -> None:
    """Link across cameras, look at a person, compare tracklets; each in one scheme."""
    workspace, actions = application.workspace, application.window.actions_by_id

    def draw(name: str, scheme: str) -> None:
        theme().choose(scheme)
        for _ in range(3):  # what is painted asks for its pictures
            wait(app, application.is_settled)
        path = folder / f"{name}-{scheme}.png"
        if name == "identities":
            application.window.grab().save(str(path))
        else:
            save_small(application, path)

    actions["identity.link"].trigger()
    wait(app, lambda: application.pages.links.page.list.model().rowCount() > 0)
    draw("links", "light")
    actions["identity.link_accept_all"].trigger()
    wait(app, lambda: bool(workspace.snapshot.value and len(workspace.snapshot.value.persons) > 1))
    application.show_page(Page.IDENTITIES)
    person = workspace.snapshot.value.person_of(SOMEBODY) if workspace.snapshot.value else None
    application.pages.people.presenter.choose(person.number if person else 1)
    application.window.notice.hide()
    draw("identities", "light")
    actions["identity.verify"].trigger()
    wait(app, lambda: workspace.page.value is Page.VERIFY)
    application.pages.verify.presenter.select(1)
    wait(app, application.is_settled)
    draw("verify", "dark")


def draw_work(app: QApplication, application: Application, folder: Path) -> None:
    """Choose a run, measure a model, correct a box."""
    workspace, actions = application.workspace, application.window.actions_by_id

    def draw(name: str, scheme: str) -> None:
        theme().choose(scheme)
        for _ in range(3):
            wait(app, application.is_settled)
        application.window.notice.hide()
        save_small(application, folder / f"{name}-{scheme}.png")

    application.show_page(Page.TRAIN)
    wait(app, application.is_settled)
    application.pages.train.form.change("batch.n_ids", "4")  # the demo has few people
    wait(app, application.is_settled)
    draw("train", "light")
    application.show_page(Page.MODELS)
    wait(app, application.is_settled)
    actions["tools.model_evaluate"].trigger()
    wait(app, lambda: bool(workspace.jobs.value))
    wait(app, lambda: not workspace.jobs.value)  # it is dismissed at its end
    draw("models", "light")
    application.show_page(Page.INVESTIGATE)
    workspace.playhead_ms.set(AT_MS)
    actions["annotate.mode"].trigger()
    wait(app, application.is_settled)
    panes = application.pages.investigate.panes
    box = max(panes.painted_boxes(), key=lambda box: box.rect.width() * box.rect.height())
    centre: QPoint = box.rect.center().toPoint()
    QTest.mouseClick(panes, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre)
    wait(app, application.is_settled)
    draw("annotate", "dark")


def main(project: Path, folder: Path) -> None:
    """Search a person of the demo, accept the best hits, and draw the pages in both schemes."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="sightline-pictures-"))
    copy = scratch / "Demo.sightline"  # decisions are made in a copy
    shutil.copy(project, copy)
    shutil.copytree(project.with_name(f"{project.name}.d"), copy.with_name(f"{copy.name}.d"))
    app = QApplication(sys.argv[:1])
    theme().start(app, "dark", bundled_font=True)
    options = WindowOptions(project=copy, page=Page.INVESTIGATE, theme="dark", size=SIZE)
    application = Application(options, Settings(scratch / "settings.ini"))
    application.start()
    workspace, actions = application.workspace, application.window.actions_by_id
    wait(app, lambda: workspace.snapshot.value is not None)
    workspace.playhead_ms.set(AT_MS)
    wait(app, application.is_settled)
    panes = application.pages.investigate.panes
    box = max(panes.painted_boxes(), key=lambda box: box.rect.width() * box.rect.height())
    centre: QPoint = box.rect.center().toPoint()
    QTest.mouseClick(panes, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre)
    wait(app, lambda: bool(workspace.results.value and workspace.results.value.rows))
    actions["identity.accept"].trigger()
    wait(app, lambda: bool(workspace.snapshot.value and workspace.snapshot.value.persons))
    wait(app, application.is_settled)
    for page, scheme in ((Page.INVESTIGATE, "dark"), (Page.INVESTIGATE, "light"), (Page.SOURCES, "light")):
        theme().choose(scheme)
        application.show_page(page)
        wait(app, application.is_settled)
        application.window.grab().save(str(folder / f"{page}-{scheme}.png"))
    draw_people(app, application, folder)
    draw_work(app, application, folder)
    application.window.close()
    shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Adding a live camera: it is tried in a child process, and kept in the project without its password."""

from __future__ import annotations

import json
from collections.abc import Callable

from app.adding import fit_name
from app.ports import Answer, Asker, Background, ProjectLane
from app.views.streams import StreamEntry, StreamForm, StreamsView
from app.workspace import Notice, Workspace
from reid_core.errors import ReidError, UsageError
from reid_core.redaction import redact
from reid_core.store.project import Project
from reid_core.streams.address import StreamAddress, parse_address
from reid_core.streams.credentials import hand_over, remember_password

TOPIC = "stream-test"
WORDS = {
    "authentication failed": "Authentication failed",
    "unreachable": "Unreachable",
    "no video": "No video",
    "refused": "Refused",
}


class StreamAdder:
    """The part of the Sources page that adds live cameras.

    Args:
        view: The page.
        workspace: What is open.
        lane: Writes the project.
        background: Talks to the keyring.
        asker: Tries an address in a child process, which a broken stream may take down.
        done: Called when a camera is added.
    """

    def __init__(
        self,
        view: StreamsView,
        workspace: Workspace,
        lane: ProjectLane,
        background: Background,
        asker: Asker,
        done: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._background, self._asker, self._done = background, asker, done

    def open(self) -> None:
        """Show the panel."""
        self._view.show_stream(StreamForm())

    def cancel(self) -> None:
        """Close the panel."""
        self._asker.cancel(TOPIC)
        self._view.show_stream(None)

    def test(self, entry: StreamEntry) -> None:
        """Try the address."""
        address = self._understood(entry)
        if address is not None:
            self._view.show_stream(StreamForm("Connecting", "info", is_busy=True))
            self._asker.ask("reid_core", (TOPIC, str(address), "--json"), self._tried, topic=TOPIC)

    def add(self, entry: StreamEntry) -> None:
        """Keep the camera in the project."""
        address = self._understood(entry)
        if address is None:
            return
        name = fit_name(entry.camera.strip() or address.host)
        password = entry.password
        if entry.remember and password:
            self._background.ask(
                lambda: remember_password(address, password), lambda _: None, self._not_remembered
            )
        text, record = str(address), entry.record
        self._lane.ask(lambda project: _register(project, name, text, record), self._added, self._failed)

    def _understood(self, entry: StreamEntry) -> StreamAddress | None:
        try:
            given = parse_address(entry.address.strip())
        except UsageError as error:
            self._failed(error)
            return None
        address = given.address
        if given.secrets:
            self._say("Write secret parameters as env:NAME, the environment variable that holds them.", "bad")
            return None
        password = entry.password or given.password or ""
        if password and not address.user:
            self._say("Write the user into the address: rtsp://user@host/path.", "bad")
            return None
        if password and not address.variable:
            hand_over(address, password)
        return address

    def _tried(self, answer: Answer) -> None:
        try:
            found = json.loads(answer.text)
            result, info = str(found["result"]), found["info"]
        except (ValueError, KeyError, TypeError):
            self._say(redact(answer.lines[-1]) if answer.lines else "It could not be tried.", "bad")
            return
        if result == "ok":
            rate = f", {info['fps']:.3g} fps" if info["fps"] else ""
            self._say(f"OK: {info['width']}x{info['height']}{rate}, {info['codec']}", "ok")
        else:
            self._say(f"{WORDS.get(result, result)}: {redact(str(found['detail']))}.", "bad")

    def _added(self, name: str) -> None:
        self._view.show_stream(None)
        self._workspace.notice.set(Notice(f"{name} is added. Press Watch to begin.", "ok"))
        self._done()

    def _failed(self, error: ReidError) -> None:
        self._say(redact(str(error)), "bad")

    def _not_remembered(self, error: ReidError) -> None:
        self._workspace.notice.set(Notice(redact(str(error)), "warn"))

    def _say(self, text: str, level: str) -> None:
        self._view.show_stream(StreamForm(text, level))


def _register(project: Project, name: str, address: str, record: bool) -> str:
    from reid_core.pipeline.live_cameras import StoredStream, register_stream
    from reid_core.streams.recording import Quota

    register_stream(project, name, StoredStream(address, Quota() if record else None))
    return name

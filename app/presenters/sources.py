"""Sources page: what is in the project, what is added, what is processed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from app.adding import Rejected, drop_rejected, find_missing, rejected_files, relink, relink_all
from app.ports import Background, Jobs, JobSpec, ProjectLane
from app.presenters.adder import Adder
from app.presenters.ingest_form import (
    LAST,
    SETTING,
    IngestOptions,
    files_left,
    list_devices,
    list_names,
    make_form,
)
from app.snapshot import Snapshot
from app.source_changes import give_name, give_start, removal_question, started_text, take_out, try_again
from app.source_lines import (
    STREAM_KEY,
    camera_facts,
    footer_text,
    part_name,
    present_part,
    source_lines,
    summary_text,
)
from app.views.sources import SourceLine, SourcesView
from app.wording import count_label
from app.workspace import JobState, Notice, Workspace
from reid_core.store.project import Project

FILES_PATIENCE_MS, WATCH_PATIENCE_MS = 5_000, 25_000
"""Live cameras are let go by describing who was there last; a kill would leave that to the next ingest."""
ACTIVE = ("queued", "running", "paused", "stopping")


class Speeds(Protocol):
    """What this computer managed before."""

    def speed(self, key: str) -> float | None:
        """Frames a second under the key, or None before it was measured."""
        ...


class SourcesPresenter:
    """Decides what the Sources page shows.

    Args:
        view: The page.
        workspace: What is open.
        lane: Reads and writes the project.
        background: Looks at the disk.
        jobs: Runs ingests.
        speeds: What this computer managed before.
        refresh: Loads the snapshot anew after a change.
    """

    def __init__(
        self,
        view: SourcesView,
        workspace: Workspace,
        lane: ProjectLane,
        background: Background,
        jobs: Jobs,
        speeds: Speeds,
        refresh: Callable[[], None] = lambda: None,
    ) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._background, self._jobs, self._speeds, self._refresh = background, jobs, speeds, refresh
        self._path = ""
        self._rejected: tuple[Rejected, ...] = ()
        self._options = IngestOptions()
        self._last: IngestOptions | None = None
        self._names: Mapping[str, Sequence[str]] = {}
        self._devices: tuple[tuple[str, str], ...] = (("", "Automatic"),)
        self._job = 0
        self._was_running = False
        self._progress: dict[str, tuple[int, int]] = {}
        self._notices: dict[str, list[tuple[str, str]]] = {}
        self._runs_on = ""
        self._lines: tuple[SourceLine, ...] = ()
        self._selected = ""
        self._adder = Adder(view, workspace, lane, background, self._take_rejected, self._refresh)
        jobs.listen(self._hear)
        workspace.snapshot.connect(self._take_snapshot, now=True)
        workspace.jobs.connect(self._take_jobs)
        workspace.model.connect(lambda _: self._show_ingest())

    def start(self) -> None:
        """Look for models, once the window stands."""
        self._background.ask(lambda: (list_names(), list_devices()), self._take_models)

    # --- adding

    def look_at(self, paths: Sequence[Path]) -> None:
        """Offer the footage in these files and folders for adding."""
        self._adder.look_at(paths)

    def look_at_for(self, camera: str, paths: Sequence[Path]) -> None:
        """The same, all of it for one camera."""
        self._adder.look_at(paths, camera)

    def add(self, items: Sequence[tuple[str, str]], fps: float | None) -> None:
        """Add ``(path, camera)`` in this order; see `Adder.add`."""
        self._adder.add(items, fps)

    def cancel_adding(self) -> None:
        """Close the form; what was added stays."""
        self._adder.cancel()

    # --- rows

    def select(self, key: str) -> None:
        """A row was chosen."""
        self._selected = key
        line = self._line(key)
        if line is not None and line.source_id:
            self._workspace.active_camera.set(line.camera)
        self._show_camera()

    def retry(self, key: str) -> None:
        """Try a refused file again, or let the next ingest try one that could not be decoded."""
        entry, line = self._entry(key), self._line(key)
        if entry is not None:
            self.add([(entry.path, entry.camera)], entry.fps)
        elif line is not None:
            text = f"{line.file} is read again with the next ingest."
            self._lane.ask(lambda project: try_again(project, line), lambda _: self._tell(text))

    def remove(self, key: str) -> None:
        """Take a refused file off the list, or footage out of the project; ask where more goes with it."""
        entry, line, snapshot = self._entry(key), self._line(key), self._workspace.snapshot.value
        if entry is not None:
            path = entry.path
            self._lane.ask(lambda project: drop_rejected(project, path), self._take_rejected)
        elif line is not None and snapshot is not None:
            title, text = removal_question(snapshot, line)
            if text:
                self._view.ask_removal(key, title, text)
            else:
                self.remove_now(key)

    def remove_now(self, key: str) -> None:
        """Take footage out of the project, with all that was found in it."""
        line = self._line(key)
        if line is not None:
            text = f"{line.camera if line.key.startswith(STREAM_KEY) else line.file} was removed."
            self._lane.ask(lambda project: take_out(project, line), lambda _: self._tell(text))

    def rename(self, camera: str, name: str) -> None:
        """Give a camera another name."""
        self._lane.ask(
            lambda project: give_name(project, camera, name),
            lambda _: self._tell(f"{camera} is called {name} now. Ctrl+Z takes it back."),
            self._refused,
        )

    def set_start(self, camera: str, text: str) -> None:
        """Say when a camera's first frame was taken, as typed."""
        self._lane.ask(
            lambda project: give_start(project, camera, text),
            lambda n: self._tell(started_text(camera, n)),
            self._refused,
        )

    def _refused(self, error: Exception) -> None:
        self._workspace.notice.set(Notice(str(error), "bad"))
        self._show_camera()  # what is typed there was not taken

    def relink(self, key: str, path: Path) -> None:
        """Use another place of a source, or another file in place of a refused one."""
        entry, line, snapshot = self._entry(key), self._line(key), self._workspace.snapshot.value
        if entry is not None:
            old = entry.path
            self._lane.ask(lambda project: drop_rejected(project, old), self._take_rejected)
            self.add([(str(path), entry.camera)], entry.fps)
        elif line is not None and snapshot is not None:
            record = next(facts.source for facts in snapshot.sources if facts.source.id == line.source_id)
            self._lane.ask(lambda project: relink(project, record, str(path)), lambda _: self._refresh())

    def find_missing(self, folder: Path) -> None:
        """Search a folder for all files that are missing."""
        snapshot = self._workspace.snapshot.value
        wanted = [facts.source for facts in snapshot.sources if facts.is_missing] if snapshot else []
        self._view.show_searching(f"Searching {folder}")
        self._background.ask(
            lambda: find_missing(folder, wanted),
            lambda found: self._found(found, len(wanted), folder),
            self._search_failed,
        )

    def set_site(self, camera: str, site: str) -> None:
        """Write down where a camera hangs."""
        snapshot = self._workspace.snapshot.value
        if snapshot is not None and snapshot.camera(camera).site != site:
            color = snapshot.camera(camera).color
            self._lane.ask(
                lambda project: project.describe_camera(camera, color=color, site=site),
                lambda _: self._refresh(),
            )

    def _found(self, found: dict[int, str], n_wanted: int, folder: Path) -> None:
        self._view.show_searching("")
        if not found:
            text = f"None of {count_label(n_wanted, 'missing file')} lies in {folder}."
            self._workspace.notice.set(Notice(text, "warn"))
            return
        text = f"Found {len(found)} of {count_label(n_wanted, 'missing file')}."
        self._lane.ask(lambda project: relink_all(project, found), lambda _: self._tell(text))

    def _tell(self, text: str) -> None:
        self._workspace.notice.set(Notice(text, "ok"))
        self._refresh()

    def _search_failed(self, error: Exception) -> None:
        self._view.show_searching("")
        self._refused(error)

    # --- ingest

    def choose(self, name: str, value: str) -> None:
        """Choose ``detector``, ``model``, ``device`` or ``stride``."""
        options = self._options.with_choice(name, value)
        if options != self._options:
            self._options = options
            values = options.as_setting()
            self._lane.ask(lambda project: project.set_setting(SETTING, values), lambda _: None)
            self._show_ingest()

    def start_ingest(self) -> None:
        """Start to process what is left, unless that is under way."""
        if not self._is_running:
            self.toggle_ingest()

    def toggle_ingest(self) -> None:
        """Start to process what is left, or stop."""
        if self._is_running:
            self._jobs.cancel(self._job)
            return
        snapshot = self._workspace.snapshot.value
        if snapshot is None:
            return
        if any(job.id == self._job and job.status == "failed" for job in self._workspace.jobs.value):
            self._jobs.dismiss(self._job)
        files = files_left(snapshot, self._options, self._last)
        options = self._last = self._options
        self._lane.ask(lambda project: project.set_setting(LAST, options.as_setting()), lambda _: None)
        name = Path(files[0].source.path).name if len(files) == 1 else count_label(len(files), "file")
        path = Path(snapshot.path)
        watching = f"Watch {count_label(len(snapshot.streams), 'camera')}" if snapshot.streams else ""
        self._progress.clear()
        self._notices.clear()
        self._job = self._jobs.start(
            JobSpec(
                name=f"Ingest {name}" if files else watching or "Describe crops",
                arguments=("ingest", str(path), "--events", *options.arguments()),
                project=path,
                expected={part_name(facts): (facts.n_frames, facts.total_frames) for facts in files},
                key=options.speed_key(self._names),
                patience_ms=WATCH_PATIENCE_MS if snapshot.streams else FILES_PATIENCE_MS,
            )
        )
        self._was_running = self._is_running
        self._show()

    # --- what is heard

    @property
    def _is_running(self) -> bool:
        return any(job.id == self._job and job.status in ACTIVE for job in self._workspace.jobs.value)

    def _hear(self, job_id: int, event: Mapping[str, Any]) -> None:
        if job_id != self._job:
            return
        snapshot = self._workspace.snapshot.value
        part = present_part(snapshot, str(event.get("part", "")))
        if event.get("event") == "Progress" and event.get("unit") == "frames" and event.get("total"):
            self._progress[part] = (int(event["done"]), int(event["total"]))
            self._show_lines()
        elif event.get("event") == "Notice":
            level = {"warning": "warn", "error": "bad"}.get(str(event.get("level")), "info")
            self._keep_notice(part, level, str(event["text"]))
        elif event.get("event") == "SourceFinished" and event.get("state") == "failed":
            part = present_part(snapshot, f"{event['camera']}: {Path(event['path']).name}")
            self._keep_notice(part, "bad", str(event["reason"]))

    def _keep_notice(self, part: str, level: str, text: str) -> None:
        if not part:
            if text.startswith("detector: "):
                self._runs_on = f"Detector: {text.removeprefix('detector: ')}."
                self._show_ingest()
            return
        known = self._notices.setdefault(part, [])
        if (level, text) not in known:
            known.append((level, text))
            self._show_camera()

    def _take_snapshot(self, snapshot: Snapshot | None) -> None:
        path = snapshot.path if snapshot else ""
        if path != self._path:
            self._path, self._job, self._selected = path, 0, ""
            self._rejected, self._options, self._last = (), IngestOptions(), None
            self._progress.clear()
            self._notices.clear()
            self.cancel_adding()
            if snapshot is not None:
                self._lane.ask(_read_settings, self._take_settings)
        self._show()

    def _take_settings(self, found: tuple[tuple[Rejected, ...], IngestOptions, IngestOptions | None]) -> None:
        self._rejected, self._options, self._last = found
        self._show()

    def _take_rejected(self, found: tuple[Rejected, ...]) -> None:
        self._rejected = found
        self._show()

    def _take_models(self, found: tuple[dict[str, list[str]], tuple[tuple[str, str], ...]]) -> None:
        self._names, self._devices = found
        self._show_ingest()

    def _take_jobs(self, jobs: tuple[JobState, ...]) -> None:
        was_running, self._was_running = self._was_running, self._is_running
        if was_running and not self._was_running:
            self._progress.clear()
            self._refresh()
        if was_running != self._was_running:
            self._show()

    # --- showing

    def _show(self) -> None:
        self._show_lines()
        self._show_ingest()
        self._show_camera()

    def _show_lines(self) -> None:
        snapshot = self._workspace.snapshot.value
        if snapshot is None:
            self._lines = ()
            self._view.show_lines(())
            self._view.show_summary("", "", 0)
            return
        lines = source_lines(snapshot, self._rejected, self._progress, self._is_running)
        if lines != self._lines:
            self._lines = lines
            self._view.show_lines(lines)
        n_missing = sum(facts.is_missing for facts in snapshot.sources)
        footer = footer_text(snapshot, n_missing, len(self._rejected))
        self._view.show_summary(summary_text(snapshot, len(lines)), footer, n_missing)

    def _show_ingest(self) -> None:
        snapshot = self._workspace.snapshot.value
        if snapshot is None:
            return
        key = self._options.speed_key(self._names)
        self._view.show_ingest(
            make_form(
                snapshot,
                self._options,
                self._last,
                self._names,
                self._devices,
                self._speeds.speed(key),
                self._is_running,
                self._runs_on,
                self._workspace.model.value.name if self._workspace.model.value is not None else "",
            )
        )

    def _show_camera(self) -> None:
        line, snapshot = self._line(self._selected), self._workspace.snapshot.value
        if line is None or snapshot is None:
            self._view.show_camera(None)
            return
        part = line.camera if line.key.startswith(STREAM_KEY) else f"{line.camera}: {line.file}"
        notices = tuple(self._notices.get(part, ()))
        self._view.show_camera(camera_facts(snapshot, line, notices))

    def _line(self, key: str) -> SourceLine | None:
        return next((line for line in self._lines if line.key == key), None)

    def _entry(self, key: str) -> Rejected | None:
        return next((entry for entry in self._rejected if key == f"r{entry.path}"), None)


def _read_settings(
    project: Project,
) -> tuple[tuple[Rejected, ...], IngestOptions, IngestOptions | None]:
    last = project.setting(LAST)
    return (
        rejected_files(project),
        IngestOptions.of(project.setting(SETTING)),
        IngestOptions.of(last) if last else None,
    )

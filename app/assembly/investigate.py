"""The Investigate page with everything that makes it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from app.assembly.annotate import Annotate
from app.item_models.identities import IdentitiesModel
from app.jobs.live_feed import LiveFeed
from app.jobs.query_engine import QueryEngine
from app.jobs.thumbnails import Thumbnails
from app.pages.investigate import InvestigatePage
from app.pages.results import join_decisions, join_search, make_results_panel
from app.playback.composer import JUST_CAME
from app.ports import Jobs, JobSpec, ProjectLane
from app.presenters.decisions import DecisionsPresenter
from app.presenters.identities import IdentitiesPresenter
from app.presenters.live import LIVE, LiveFollower
from app.presenters.playback import PlaybackPresenter
from app.presenters.search import SearchPresenter
from app.presenters.timeline import TimelinePresenter
from app.settings import Settings
from app.snapshot import Snapshot
from app.views.results import Box
from app.widgets.identity_list import IdentityList
from app.widgets.pane_editing import EditGrid
from app.widgets.timeline import Timeline
from app.widgets.transport import Transport
from app.workspace import Notice, Page, Workspace
from reid_core.store.project import Project

IMAGES = "Pictures (*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff)"
LAYOUT_KEY = "layout/investigate"


class Investigate:
    """Panes, transport, timeline, results, identities, and who decides for them.

    Args:
        workspace: Shared state.
        reading: Searches and reads.
        writing: Writes decisions and clocks.
        drawing: Reads crops and boxes.
        jobs: Embeds what has no vector yet.
        refresh: Loads the snapshot anew.
    """

    def __init__(
        self,
        workspace: Workspace,
        reading: ProjectLane,
        writing: ProjectLane,
        drawing: ProjectLane,
        jobs: Jobs,
        refresh: Callable[[], None],
    ) -> None:
        self._workspace, self._reading, self._jobs = workspace, reading, jobs
        self.thumbnails = Thumbnails(drawing, workspace)
        self.panes, self.transport = EditGrid(), Transport()
        self.results = make_results_panel(self.thumbnails)
        self.live_feed = LiveFeed(workspace)
        self.playback = PlaybackPresenter(
            self.panes, self.transport, workspace, drawing, writing=writing, live=self.live_feed
        )
        self.live = LiveFollower(workspace)
        self.engine = QueryEngine()
        self.search = SearchPresenter(self.results, workspace, reading, self.engine)
        self.decisions = DecisionsPresenter(self.results.decisions, workspace, self.search, writing, refresh)
        self.timeline_view = Timeline()
        self.timeline = TimelinePresenter(self.timeline_view, workspace, drawing)
        model = IdentitiesModel()
        self.identity_list = IdentityList(model, model, self.thumbnails)
        model.setParent(self.identity_list)
        self.identities = IdentitiesPresenter(
            self.identity_list, workspace, writing, self.search.search_person, refresh
        )
        self.page = InvestigatePage(
            self.panes, self.transport, self.timeline_view, self.results, self.identity_list
        )
        self.annotate = Annotate(
            workspace,
            self.panes,
            self.timeline_view,
            self.playback,
            reading,
            writing,
            jobs,
            refresh,
        )
        self.page.add_bar(self.annotate.bar)
        self._draw: QAction | None = None
        self._project = ""
        workspace.snapshot.connect(self._follow)
        self._join_panes()
        self._join_timeline()
        self._join_identities()
        join_search(self.results, self.search, self._embed)
        join_decisions(self.results, self.decisions)

    def join(self, actions: Mapping[str, QAction], show_page: Callable[[Page], None]) -> None:
        """Let the actions do what they say."""
        actions[LIVE].triggered.connect(partial(self._do, lambda _: self.live.return_to_live(), LIVE))
        actions["view.panes_1"].setChecked(True)
        self.panes.layout_shown.connect(lambda n: actions[f"view.panes_{n}"].setChecked(True))
        for action_id in self.playback.actions:
            actions[action_id].triggered.connect(partial(self._do, self.playback.do, action_id))
        search, decisions = self.search, self.decisions
        handlers: dict[str, Callable[[], None]] = {
            "edit.undo": decisions.undo,
            "edit.redo": decisions.redo,
            "view.timeline_fit": self.timeline_view.fit,
            "view.timeline_in": self.timeline_view.zoom_in,
            "view.timeline_out": self.timeline_view.zoom_out,
            "search.image": self._ask_image,
            "search.paste": self._paste_image,
            "search.again": lambda: search.search_tracklets(self._workspace.selected.value),
            "search.back": search.back,
            "search.forward": search.forward,
            "search.next": lambda: search.step(1),
            "search.previous": lambda: search.step(-1),
            "search.go_there": search.go_to,
            "search.return": search.go_back,
            "search.clear": self._escape,
            "identity.accept": decisions.accept,
            "identity.reject": decisions.reject,
            "identity.unsure": decisions.unsure,
            "identity.skip": decisions.skip,
            "identity.previous": decisions.previous,
            "identity.rename": self.identity_list.rename_current,
        }
        for action_id, handler in handlers.items():
            actions[action_id].triggered.connect(lambda _=False, handler=handler: handler())
        for action_id, switch in (
            ("view.boxes", self.panes.set_boxes),
            ("view.trails", self.panes.set_trails),
            ("view.names", self.playback.set_names),
            ("search.draw", self.panes.set_drawing),
        ):
            actions[action_id].setCheckable(True)
            actions[action_id].toggled.connect(switch)
        self._draw = actions["search.draw"]
        self.panes.drawing_changed.connect(self._show_drawing)
        for action_id in ("view.boxes", "view.trails"):
            actions[action_id].setChecked(True)
        self.annotate.join(actions, show_page)
        self.page.set_actions(actions)

    def search_file(self, path: Path) -> None:
        """Search for the person in a picture file."""
        self.search.search_file(path)

    def is_settled(self) -> bool:
        """Whether pictures, crops and results are all there."""
        results = self._workspace.results.value
        is_searching = results is not None and results.is_searching
        return not is_searching and not self.panes.is_ticking and self.thumbnails.is_idle

    def regions(self) -> list[QWidget]:
        """What F6 goes round, in order."""
        return [self.panes, self.transport, self.timeline_view, self.results, self.identity_list]

    def remember(self, settings: Settings) -> None:
        """Keep the docks' places."""
        if self.page.is_laid_out:
            settings.set_state(LAYOUT_KEY, self.page.layout_state())

    def restore(self, settings: Settings | None) -> None:
        """Put the docks where they were, or where they belong."""
        self.page.restore_layout(settings.state(LAYOUT_KEY) if settings is not None else None)

    def close(self) -> None:
        """End every thread."""
        self.annotate.close()
        self.live.close()
        self.playback.close()
        self.live_feed.close()
        self.timeline.close()
        self.search.close()
        self.decisions.close()
        self.engine.close()

    def _join_panes(self) -> None:
        panes, playback = self.panes, self.playback
        panes.ticked.connect(playback.tick)
        panes.pane_resized.connect(playback.resize)
        panes.pane_activated.connect(playback.activate)
        panes.pane_enlarged.connect(playback.enlarge)
        panes.asked.connect(playback.do)
        panes.tracklet_clicked.connect(self._click)
        panes.box_drawn.connect(self._box_drawn)
        self.transport.asked.connect(playback.do)
        self.transport.rate_chosen.connect(playback.set_rate)
        self.transport.time_entered.connect(playback.go_to)

    def _join_timeline(self) -> None:
        view, timeline = self.timeline_view, self.timeline
        view.sought.connect(timeline.seek)
        view.range_marked.connect(timeline.mark_range)
        view.tracklet_chosen.connect(timeline.choose)
        view.tracklet_opened.connect(timeline.open)
        view.camera_chosen.connect(timeline.activate)

    def _follow(self, snapshot: Snapshot | None) -> None:
        """Describe pictures with the models of the project that is open."""
        path = "" if snapshot is None else snapshot.path
        if path != self._project:
            self._project = path
            self.engine.close()
            if path:
                self.engine.open(Path(path))
                self.search.warm_up()

    def _join_identities(self) -> None:
        panel, identities = self.identity_list, self.identities
        panel.chosen.connect(identities.choose)
        panel.searched.connect(identities.search)
        panel.find_changed.connect(identities.find)
        panel.renamed.connect(identities.rename)

    @staticmethod
    def _do(do: Callable[[str], None], action_id: str, _checked: bool = False) -> None:
        do(action_id)

    def _click(self, tracklet_id: str, add: bool) -> None:
        """A person was clicked: stand still, select, search; or take the box in hand to correct it."""
        if self.annotate.is_on:
            self.annotate.presenter.choose(tracklet_id, add)
            return
        snapshot = self._workspace.snapshot.value
        if snapshot is not None and tracklet_id not in snapshot.tracklets.row_of:
            self._workspace.notice.set(Notice(JUST_CAME, "info"))
            return
        self._workspace.is_playing.set(False)
        self._workspace.selected.set((tracklet_id,))
        self.search.search_tracklets((tracklet_id,), add=add)

    def _show_drawing(self, is_on: bool) -> None:
        if self.annotate.is_on:
            self.annotate.show_drawing(is_on)
        elif self._draw is not None:
            self._draw.setChecked(is_on)

    def _box_drawn(self, camera: str, frame_idx: int, xyxy: object) -> None:
        if self.annotate.is_on:
            self.annotate.draw(camera, frame_idx, xyxy)
        else:
            self._search_box(camera, frame_idx, xyxy)

    def _search_box(self, camera: str, frame_idx: int, xyxy: object) -> None:
        source_id = self.panes.source_of(camera)
        box = cast("Box", xyxy)
        if source_id is not None:
            self._reading.ask(
                lambda project: frame_picture(project, source_id, frame_idx),
                lambda picture: self.search.search_picture(picture, box=box, label=f"{camera}, drawn box"),
                topic="drawn",
            )

    def _embed(self) -> None:
        snapshot = self._workspace.snapshot.value
        if snapshot is not None:
            path = Path(snapshot.path)
            self._jobs.start(JobSpec(f"Embed {snapshot.name}", ("embed", str(path), "--events"), path))

    def _ask_image(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self.page, "Image as query", "", IMAGES)
        if name:
            self.search_file(Path(name))

    def _paste_image(self) -> None:
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self._workspace.notice.set(Notice("There is no picture on the clipboard.", "warn"))
        else:
            self.search.search_picture(png_bytes(image), label="pasted picture")

    def _escape(self) -> None:
        if self.annotate.is_on:
            self.annotate.escape()
        elif self._draw is not None and self._draw.isChecked():
            self._draw.setChecked(False)
        else:
            self.search.clear()


def frame_picture(project: Project, source_id: int, frame_idx: int) -> bytes:
    """A frame of the footage as a PNG file's bytes."""
    from reid_core.imaging import encode_png
    from reid_core.pipeline.sources import open_footage

    record = next(source for source in project.sources() if source.id == source_id)
    source = open_footage(project, record)
    try:
        return encode_png(source.read(frame_idx).image)
    finally:
        source.close()


def png_bytes(image: QImage) -> bytes:
    """A picture as a PNG file's bytes."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, b"PNG")
    return bytes(data.data())

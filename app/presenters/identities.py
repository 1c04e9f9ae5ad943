"""The list of identities: who has been put together so far, and what they are called.

How to join it (in the composition root, once)::

    model = IdentitiesModel()
    panel = IdentityList(model, model, thumbnails)
    presenter = IdentitiesPresenter(panel, workspace, lane, search.search_person, feed.refresh)
    panel.chosen.connect(presenter.choose)
    panel.searched.connect(presenter.search)
    panel.find_changed.connect(presenter.find)
    panel.renamed.connect(presenter.rename)
    actions["identity.rename"].triggered.connect(panel.rename_current)
"""

from __future__ import annotations

from collections.abc import Callable

from app.ports import ProjectLane
from app.snapshot import Person, Snapshot
from app.views.identities import EMPTY, IdentitiesView, people
from app.workspace import Notice, Workspace
from reid_core.errors import ReidError
from reid_core.pipeline.identities import identities
from reid_core.store.events import IdentityNamed
from reid_core.store.project import Project


class IdentitiesPresenter:
    """Shows the persons of the snapshot, selects and renames them.

    Args:
        view: The list.
        workspace: ``selected`` is read and written.
        lane: Stores names.
        search: Searches for the person with this number.
        changed: Called after every write, so that the project is read anew.
    """

    def __init__(
        self,
        view: IdentitiesView,
        workspace: Workspace,
        lane: ProjectLane,
        search: Callable[[int], None],
        changed: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._lane = view, workspace, lane
        self._search, self._changed = search, changed
        self._find, self._zero_ms = "", 0.0
        self._names: dict[int, str] = {}
        self._stored: set[int] = set()
        self._disconnect = [
            workspace.snapshot.connect(self._snapshot_changed, now=True),
            workspace.selected.connect(self._show_current),
        ]

    def close(self) -> None:
        """Hear of nothing any more."""
        for disconnect in self._disconnect:
            disconnect()

    # --- what the user does

    def choose(self, number: int) -> None:
        """Highlight a person's tracklets everywhere."""
        snapshot, person = self._workspace.snapshot.value, self._person(number)
        if snapshot is not None and person is not None:
            self._workspace.selected.set(tuple(snapshot.tracklets.ids[row] for row in person.tracklets))

    def search(self, number: int) -> None:
        """Search for a person."""
        if self._person(number) is not None:
            self._search(number)

    def find(self, text: str) -> None:
        """Show only those whose name holds this, or whose number it is."""
        self._find = text
        self._show()

    def rename(self, number: int, name: str) -> None:
        """Give a person a name; an empty one takes it away. It is shown at once, and stored as an event."""
        person, name = self._person(number), " ".join(name.split())
        if person is None or name == self._names.get(number, person.name):
            return
        cover = person.cover
        self._names[number] = name or f"Person {number}"
        self._show()

        def failed(error: ReidError) -> None:
            self._names.pop(number, None)
            self._show()
            self._workspace.notice.set(Notice(str(error), "bad"))

        def stored(_: None) -> None:
            self._stored.add(number)
            self._changed()

        self._lane.ask(lambda project: store_name(project, cover, name), stored, failed)

    def set_zero(self, zero_ms: float) -> None:
        """Time of day at 0 on the common clock, ms."""
        self._zero_ms = zero_ms
        self._show()

    # --- showing

    def _person(self, number: int) -> Person | None:
        snapshot = self._workspace.snapshot.value
        return None if snapshot is None else snapshot.persons_by_number.get(number)

    def _snapshot_changed(self, snapshot: Snapshot | None) -> None:
        """Names that were stored are in the new snapshot."""
        if snapshot is None:
            self._names.clear()
        for number in self._stored:
            self._names.pop(number, None)
        self._stored.clear()
        self._show()

    def _show(self) -> None:
        snapshot = self._workspace.snapshot.value
        rows = () if snapshot is None else people(snapshot, self._names, self._find, self._zero_ms)
        message = ""
        if not rows:
            has_any = snapshot is not None and bool(snapshot.persons)
            message = f"Nobody is called “{self._find.strip()}”" if has_any else EMPTY
        self._view.show_people(rows, message)
        self._show_current(self._workspace.selected.value)

    def _show_current(self, selected: tuple[str, ...]) -> None:
        """Mark whom all selected tracklets belong to."""
        snapshot = self._workspace.snapshot.value
        owners = {snapshot.person_of(name) for name in selected} if snapshot is not None else set()
        owner = owners.pop() if len(owners) == 1 else None
        self._view.show_current(0 if owner is None else owner.number)


def store_name(project: Project, tracklet_id: str, name: str) -> None:
    """Record the name of whoever holds a tracklet; a colour that was given stays."""
    identity = identities(project).of(tracklet_id)
    color = "" if identity is None else identity.color
    project.append(IdentityNamed(project.anchor(tracklet_id), name, color))

"""The people found so far: rename, merge, split, move, take out; their story, and which tracklet is odd.

How to join it (in the composition root, once)::

    presenter = PeoplePresenter(page, workspace, reading, writing, frames, ways, refresh)
    presenter.choose(number)                         # from the list, or from anywhere else
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.observed import Observed
from app.ports import ProjectLane
from app.presenters.corrections import Corrections
from app.presenters.scrubbing import Frames
from app.presenters.story import StoryPlayer
from app.snapshot import Person, Snapshot, short_name
from app.stories import (
    Fit,
    cards_of,
    clips_of,
    entries_of,
    fits_of,
    free_cards,
    parts_of,
    total_of,
    verified_of,
)
from app.views.identities import problems_of
from app.views.people import NEW, NO_ROW, NOBODY, Entry, PeopleView, PersonHead
from app.views.verify import Pair
from app.wording import clock_label, count_label
from app.workspace import Notice, Page, Workspace


@dataclass(frozen=True, slots=True)
class Ways:
    """Where else a person can be taken.

    Attributes:
        search: Searches for the person with this number.
        verify: Compares pairs, under a title.
    """

    search: Callable[[int], None]
    verify: Callable[[str, Sequence[Pair]], None]


class PeoplePresenter:
    """Shows one person of all, and corrects who is who; each correction is one event and one undo step.

    Args:
        view: The page.
        workspace: ``selected`` is read and written.
        reading: Reads tracklets and similarities.
        writing: Writes, one thing after the other.
        frames: Decodes single frames.
        ways: Where else a person can be taken.
        changed: Called after every write, so that the project is read anew.
    """

    def __init__(
        self,
        view: PeopleView,
        workspace: Workspace,
        reading: ProjectLane,
        writing: ProjectLane,
        frames: Frames,
        ways: Ways,
        changed: Callable[[], None],
    ) -> None:
        self._view, self._workspace, self._ways = view, workspace, ways
        self._reading, self._changed = reading, changed
        self.story = StoryPlayer(frames, reading, view.show_story_state, view.show_still, view.set_ticking)
        self.current: Observed[str] = Observed("")
        """Id of the person that is looked at; empty for nobody."""
        self._is_free = False
        self._find = ""
        self._names: dict[int, str] = {}
        self._selected: tuple[str, ...] = ()
        self._fits: dict[str, Fit] = {}
        self._fits_of: tuple[str, ...] = ()
        self._is_best = True
        self._follow: tuple[str, int] | None = None
        self._asking: Callable[[int], None] | None = None
        self.corrections = Corrections(view, workspace, writing, self._stored, self._failed)
        self._is_old = False
        self._ends = [
            workspace.snapshot.connect(self._on_snapshot, now=True),
            workspace.page.connect(self._on_page),
        ]

    def close(self) -> None:
        """Stop, and hear of nothing any more."""
        self.story.stop()
        for end in self._ends:
            end()
        self._ends.clear()

    @property
    def is_settled(self) -> bool:
        """Whether nothing that is shown is on its way."""
        return not self.story.is_waiting and not self.corrections.is_writing

    # --- who is looked at

    def choose(self, number: int) -> None:
        """Look at a person, or (`NOBODY`) at the tracklets that belong to nobody."""
        person = self._by_number(number)
        self._is_free = number == NOBODY
        self.current.set("" if person is None else person.id)
        self._selected = ()
        self.corrections.cancel()
        self._show()

    def find(self, text: str) -> None:
        """Show only people whose name, tag or camera holds this, or whose number it is."""
        self._find = text
        self._show_list()

    def select(self, tracklets: Sequence[str]) -> None:
        """Select tracklets of the person."""
        self._selected = tuple(tracklets)
        self._workspace.selected.set(self._selected)
        self._view.show_selected(self._selected)
        self.corrections.cancel()

    # --- corrections

    def rename(self, number: int, name: str) -> None:
        """Give a person a name; an empty one takes it away."""
        person, name = self._by_number(number), " ".join(name.split())
        if person is not None and name != self._names.get(number, person.name):
            self._names[number] = name or f"Person {number}"
            self._show()
            self.corrections.rename(person, name)

    def annotate(self, note: str, tags: str) -> None:
        """Write a note and tags (parted by commas) about the person that is looked at."""
        person = self._person()
        if person is not None:
            labels = [tag for tag in (part.strip() for part in tags.split(",")) if tag]
            head = self._head(person)
            if (note.strip(), ", ".join(labels)) != (head.note, head.tags):
                self.corrections.annotate(person, note, labels)

    def split(self) -> None:
        """Let the selected tracklets be a person of their own."""
        chosen = self._chosen()
        if chosen:
            self.corrections.split(chosen)

    def take_out(self) -> None:
        """Let the selected tracklets belong to nobody."""
        chosen, person = self._chosen(), self._person()
        if chosen and person is not None:
            self.corrections.take_out(chosen, self._stays(chosen))

    def ask_move(self) -> None:
        """Let the user choose whom the selected tracklets belong to."""
        chosen = self._chosen()
        if chosen:
            self._ask(f"Move {words_of(chosen)} to", lambda number: self.drop(chosen, number), with_new=True)

    def ask_merge(self) -> None:
        """Let the user choose who is the same as the person that is looked at."""
        person = self._person()
        if person is not None:
            self._ask(f"{person.name} is the same as", lambda number: self.merge(person.number, number))

    def answer(self, number: int) -> None:
        """The person that was asked for was chosen."""
        asking, self._asking = self._asking, None
        if asking is not None:
            asking(number)

    def drop(self, tracklets: Sequence[str], number: int) -> None:
        """Tracklets were dropped on a person, on `NEW`, or on `NOBODY`."""
        chosen, target = tuple(tracklets), self._by_number(number)
        if not chosen:
            return
        if number == NEW:
            self.corrections.split(chosen)
        elif number == NOBODY and self._person() is not None:
            self.corrections.take_out(chosen, self._stays(chosen))
        elif target is not None and not set(chosen) <= set(self._members(target)):
            self.corrections.move(chosen, target, self._stays(chosen) or target.cover)

    def merge(self, number: int, other: int) -> None:
        """Let two people be one, called as the first."""
        target, source = self._by_number(number), self._by_number(other)
        if target is not None and source is not None and target is not source:
            self.corrections.merge(target, source)

    # --- elsewhere

    def search(self) -> None:
        """Search for the person that is looked at."""
        person = self._person()
        if person is not None:
            self._ways.search(person.number)

    def verify(self) -> None:
        """Compare the person's cover with each other tracklet, the farthest first."""
        person, snapshot = self._person(), self._workspace.snapshot.value
        if person is None or snapshot is None:
            return
        cards = cards_of(self._members(person), snapshot, self._fits)
        others = [card.tracklet for card in cards if card.tracklet != person.cover]
        if not others:
            self._workspace.notice.set(Notice(f"{person.name} has only one tracklet: nothing to compare."))
            return
        pairs = [
            Pair(person.cover, name, fit.own if (fit := self._fits.get(name)) is not None else None)
            for name in others
        ]
        self._ways.verify(f"Tracklets of {person.name}", pairs)

    def set_best(self, is_best: bool) -> None:
        """One view at a time in the story, or every clip."""
        self._is_best = is_best
        self._show_story()

    # --- inside

    def _chosen(self) -> tuple[str, ...]:
        if not self._selected:
            self._workspace.notice.set(Notice("Select tracklets of the person first."))
        return self._selected

    def _ask(self, title: str, then: Callable[[int], None], *, with_new: bool = False) -> None:
        snapshot, person = self._workspace.snapshot.value, self._person()
        if snapshot is None:
            return
        own = 0 if person is None else person.number
        entries = [e for e in self._entries(snapshot, "") if e.number not in (own, NOBODY)]
        if not entries and not with_new:
            self._workspace.notice.set(Notice("There is nobody else yet."))
            return
        self._asking = then
        self._view.ask_person(title, entries, with_new=with_new)

    def _stored(self, keep: str) -> None:
        snapshot = self._workspace.snapshot.value
        self._follow = keep, 0 if snapshot is None else snapshot.log_head
        self._selected = ()
        self._changed()

    def _failed(self) -> None:
        self._names.clear()
        self._show()

    def _by_number(self, number: int) -> Person | None:
        snapshot = self._workspace.snapshot.value
        return None if snapshot is None else snapshot.persons_by_number.get(number)

    def _person(self) -> Person | None:
        snapshot = self._workspace.snapshot.value
        if snapshot is None:
            return None
        return next((person for person in snapshot.persons if person.id == self.current.value), None)

    def _stays(self, chosen: Sequence[str]) -> str:
        """A tracklet of the person that stays when these go, or empty."""
        person = self._person()
        members = () if person is None else self._members(person)
        return next((name for name in members if name not in chosen), "")

    def _members(self, person: Person) -> tuple[str, ...]:
        snapshot = self._workspace.snapshot.value
        return () if snapshot is None else tuple(snapshot.tracklets.ids[row] for row in person.tracklets)

    def _entries(self, snapshot: Snapshot, find: str) -> tuple[Entry, ...]:
        return entries_of(snapshot, self._names, find, problems_of(snapshot))

    # --- what changes around

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self.current.set("")
            self._is_free, self._selected, self._fits, self._fits_of = False, (), {}, ()
            self.corrections.cancel()
        elif not self.corrections.is_writing:
            self._names.clear()
        if snapshot is not None and self._follow is not None and snapshot.log_head > self._follow[1]:
            followed = snapshot.person_of(self._follow[0])
            if followed is not None:
                self.current.set(followed.id)
                self._is_free = False
            self._follow = None
        if snapshot is not None:
            self._selected = tuple(name for name in self._selected if name in snapshot.tracklets.row_of)
            if self._person() is None and not self._is_free and snapshot.persons:
                self.current.set(snapshot.persons[0].id)
        self._show()

    def _on_page(self, page: Page) -> None:
        """The page is in front: show what has changed meanwhile. Behind, nothing plays."""
        if page is not Page.IDENTITIES:
            self.story.stop()
        elif self._is_old:
            self._show()

    # --- showing

    def _show(self) -> None:
        self._is_old = self._workspace.page.value is not Page.IDENTITIES
        if self._is_old and self._workspace.snapshot.value is not None:
            return  # no footage is read for a page that nobody sees
        snapshot, person = self._workspace.snapshot.value, self._person()
        self._show_list()
        head = None
        if person is not None:
            head = self._head(person)
        elif snapshot is not None and self._is_free:
            n = count_label(len(free_cards(snapshot)), "tracklet")
            head = PersonHead(NOBODY, "Unassigned", "", f"{n} that belong to nobody yet")
        self._view.show_person(head)
        self._show_story()
        self._show_cards()
        self._ask_fits()

    def _show_list(self) -> None:
        snapshot, person = self._workspace.snapshot.value, self._person()
        entries = () if snapshot is None else self._entries(snapshot, self._find)
        n_people = 0 if snapshot is None else len(snapshot.persons)
        self._view.show_people(entries, count_label(n_people, "person", "people"))
        free = NOBODY if self._is_free else NO_ROW
        self._view.show_current(free if person is None else person.number)

    def _head(self, person: Person) -> PersonHead:
        snapshot = self._workspace.snapshot.value
        assert snapshot is not None
        n_hand, n_all = verified_of(person, snapshot)
        written = snapshot.notes.get(person.id, ())
        last = written[-1] if written else None
        facts = (
            f"{count_label(len(person.cameras), 'camera')}, {count_label(n_all, 'tracklet')}, "
            f"first {clock_label(person.first_ms)}, last {clock_label(person.last_ms)}"
        )
        return PersonHead(
            number=person.number,
            name=self._names.get(person.number, person.name),
            cover=person.cover,
            facts=facts,
            verified=f"{n_hand:,} of {n_all:,} by hand",
            share=n_hand / n_all if n_all else 0.0,
            problem=problems_of(snapshot).get(person.number, ""),
            tags=", ".join(dict.fromkeys(tag for note in written for tag in note.tags)),
            note=last.text if last is not None else "",
            note_by=f"{last.author}, {last.at_utc[:16].replace('T', ' ')} UTC" if last is not None else "",
        )

    def _show_story(self) -> None:
        snapshot, person = self._workspace.snapshot.value, self._person()
        parts = (
            () if snapshot is None or person is None else parts_of(person, snapshot, is_best=self._is_best)
        )
        self._view.show_story(clips_of(parts), total_of(parts), is_best=self._is_best)
        self.story.use(parts, 0 if person is None else person.number)

    def _show_cards(self) -> None:
        snapshot, person = self._workspace.snapshot.value, self._person()
        if snapshot is None:
            self._view.show_cards((), "")
        elif person is not None:
            cards = cards_of(self._members(person), snapshot, self._fits)
            has_fits = any(card.fit for card in cards)
            self._view.show_cards(cards, "farthest from the rest first" if has_fits else "by time")
        else:
            self._view.show_cards(free_cards(snapshot) if self._is_free else (), "by time")
        self._view.show_selected(self._selected)

    def _ask_fits(self) -> None:
        """How each tracklet fits; asked anew only when the people are others."""
        snapshot, person = self._workspace.snapshot.value, self._person()
        if snapshot is None or person is None:
            return
        key = (person.id, *(f"{p.number}:{','.join(self._members(p))}" for p in snapshot.persons))
        if key == self._fits_of:
            return
        self._fits_of = key
        members, number = {p.number: self._members(p) for p in snapshot.persons}, person.number

        def found(fits: dict[str, Fit]) -> None:
            if key == self._fits_of:
                self._fits = fits
                self._show_cards()

        self._reading.ask(
            lambda project: fits_of(project, members, number), found, lambda _: None, topic="fits"
        )


def words_of(tracklets: Sequence[str]) -> str:
    """``T-2.1``, or how many."""
    return short_name(tracklets[0]) if len(tracklets) == 1 else count_label(len(tracklets), "tracklet")

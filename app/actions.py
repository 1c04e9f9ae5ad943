"""Every action of the window: its words, its key, its menu; menus and the sheet of keys are made of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One action.

    Attributes:
        id: ``menu.verb``; its QAction has this object name.
        text: As the menu says it.
        keys: Shortcuts in Qt's portable text; the first is shown.
        icon: Lucide name, or empty.
        page: Page whose letters these keys are, or empty: works everywhere.
        is_checkable: Switches something on and off.
        is_separated: A line stands above it in the menu.
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    page: str = ""
    is_checkable: bool = False
    is_separated: bool = False

    @property
    def menu(self) -> str:
        """Name of its menu."""
        return self.id.partition(".")[0]


MENUS = {
    "file": "&File",
    "edit": "&Edit",
    "view": "&View",
    "playback": "&Playback",
    "search": "&Search",
    "identity": "&Identity",
    "verify": "Ve&rify",
    "annotate": "&Annotate",
    "tools": "&Tools",
    "window": "&Window",
    "help": "&Help",
}

INVESTIGATE = "investigate"
SOURCES = "sources"
TRAIN = "train"
MODELS = "models"
ANNOTATE = "annotate"
"""A mode of the Investigate page: its letters stand in for those of the page while it is on."""
VERIFY = "verify"
IDENTITIES = "identities"
LINKS = "links"

ACTIONS: tuple[Action, ...] = (
    Action("file.new", "New project…", ("Ctrl+N",), "plus"),
    Action("file.open", "Open project…", ("Ctrl+O",), "folder-open"),
    Action("file.add", "Add footage…", ("Ctrl+Shift+A",), "film"),
    Action("file.add_folder", "Add folder…", ("Ctrl+Shift+D",), "folder-plus"),
    Action("file.add_stream", "Add stream…", ("Ctrl+Shift+L",), "cctv"),
    Action("file.find", "Find missing files…", ("Ctrl+Shift+F",), "folder-search"),
    Action("file.ingest", "Ingest all", ("Ctrl+Shift+I",), "play"),
    Action("file.export", "Export…", ("Ctrl+E",), "upload", is_separated=True),
    Action("file.import", "Import labels…", ("Ctrl+Shift+O",), "download"),
    Action("file.close", "Close project", ("Ctrl+W",)),
    Action("file.quit", "Quit", ("Ctrl+Q",), is_separated=True),
    Action("edit.undo", "Undo", ("Ctrl+Z",), "undo-2"),
    Action("edit.redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2"),
    Action("view.panes_1", "One pane", ("Ctrl+Alt+1",), "square", INVESTIGATE),
    Action("view.panes_2", "Two panes", ("Ctrl+Alt+2",), "columns-2", INVESTIGATE),
    Action("view.panes_4", "Four panes", ("Ctrl+Alt+4",), "grid-2x2", INVESTIGATE),
    Action("view.panes_6", "Six panes", ("Ctrl+Alt+6",), "grid-3x2", INVESTIGATE),
    Action("view.panes_9", "Nine panes", ("Ctrl+Alt+9",), "grid-3x3", INVESTIGATE),
    Action("view.boxes", "Boxes", ("B",), "square-dashed", INVESTIGATE, True, True),
    Action("view.trails", "Trails", ("T",), "spline", INVESTIGATE, True),
    Action("view.names", "Names", ("N",), "tag", INVESTIGATE, True),
    Action("view.timeline_fit", "Whole timeline", ("Ctrl+0",), "", INVESTIGATE, False, True),
    Action("view.timeline_in", "Zoom in", ("Ctrl+=", "Ctrl++"), "zoom-in", INVESTIGATE),
    Action("view.timeline_out", "Zoom out", ("Ctrl+-",), "zoom-out", INVESTIGATE),
    Action("view.theme_system", "Follow the system's colours", ("Ctrl+F7",), "monitor", "", True, True),
    Action("view.theme_light", "Light", ("Ctrl+F8",), "sun", "", True),
    Action("view.theme_dark", "Dark", ("Ctrl+F9",), "moon", "", True),
    Action("view.full_screen", "Full screen", ("F11",), "", "", True, True),
    Action("view.live", "Return to live", ("Shift+End",), "cctv", INVESTIGATE),
    Action("playback.play", "Play or pause", ("Space",), "play", INVESTIGATE),
    Action("playback.back", "Play back", ("J",), "", INVESTIGATE),
    Action("playback.stop", "Stop", ("K",), "square", INVESTIGATE),
    Action("playback.forward", "Play forward, again for faster", ("L",), "", INVESTIGATE),
    Action("playback.frame_back", "One frame back", (",",), "step-back", INVESTIGATE, False, True),
    Action("playback.frame_forward", "One frame forward", (".",), "step-forward", INVESTIGATE),
    Action("playback.second_back", "One second back", ("Shift+Left",), "", INVESTIGATE),
    Action("playback.second_forward", "One second forward", ("Shift+Right",), "", INVESTIGATE),
    Action("playback.ten_back", "Ten seconds back", ("Ctrl+Left",), "", INVESTIGATE),
    Action("playback.ten_forward", "Ten seconds forward", ("Ctrl+Right",), "", INVESTIGATE),
    Action("playback.start", "Go to the start", ("Home",), "skip-back", INVESTIGATE),
    Action("playback.end", "Go to the end", ("End",), "skip-forward", INVESTIGATE),
    Action("playback.slower", "Slower", ("[",), "", INVESTIGATE, False, True),
    Action("playback.faster", "Faster", ("]",), "", INVESTIGATE),
    Action("playback.real_time", "Real time", ("\\",), "", INVESTIGATE),
    Action("playback.range_in", "Range starts here", ("I",), "", INVESTIGATE, False, True),
    Action("playback.range_out", "Range ends here", ("O",), "", INVESTIGATE),
    Action("playback.range_clear", "Clear the range", ("Ctrl+Shift+U",), "", INVESTIGATE),
    Action("playback.go_to", "Go to time…", ("G",), "clock", INVESTIGATE),
    Action("playback.nudge_back", "Camera's clock a frame back", ("Alt+,",), "", INVESTIGATE, False, True),
    Action("playback.nudge_forward", "Camera's clock a frame forward", ("Alt+.",), "", INVESTIGATE),
    Action("playback.nudge_back_100", "Camera's clock 100 ms back", ("Alt+Shift+,",), "", INVESTIGATE),
    Action("playback.nudge_forward_100", "Camera's clock 100 ms forward", ("Alt+Shift+.",), "", INVESTIGATE),
    *(
        Action(f"playback.camera_{n}", f"Camera {n}", (str(n),), "", INVESTIGATE, False, n == 1)
        for n in range(1, 10)
    ),
    Action("playback.clock_mark", "Mark the event for the clock", ("M",), "crosshair", SOURCES, False, True),
    Action("playback.clock_frame_back", "One frame back in the clock tool", (",",), "", SOURCES),
    Action("playback.clock_frame_forward", "One frame forward in the clock tool", (".",), "", SOURCES),
    Action("playback.clock_nudge_back", "Nudge the clock a frame back", ("Alt+,",), "", SOURCES),
    Action("playback.clock_nudge_forward", "Nudge the clock a frame on", ("Alt+.",), "", SOURCES),
    Action("playback.clock_nudge_back_100", "Nudge the clock 100 ms back", ("Alt+Shift+,",), "", SOURCES),
    Action("playback.clock_nudge_forward_100", "Nudge the clock 100 ms on", ("Alt+Shift+.",), "", SOURCES),
    Action("search.draw", "Draw a box as query", ("R",), "crosshair", INVESTIGATE),
    Action("search.image", "Image as query…", ("Ctrl+I",), "image", INVESTIGATE),
    Action("search.paste", "Paste an image as query", ("Ctrl+V",), "", INVESTIGATE),
    Action("search.again", "Search with the selection", ("Ctrl+Return",), "search", INVESTIGATE),
    Action("search.back", "Search before", ("Alt+Left",), "", INVESTIGATE, False, True),
    Action("search.forward", "Search after", ("Alt+Right",), "", INVESTIGATE),
    Action("search.next", "Next result", ("Down",), "", INVESTIGATE, False, True),
    Action("search.previous", "Result above", ("Up",), "", INVESTIGATE),
    Action("search.go_there", "Go there in all panes", ("Return", "Enter"), "arrow-right", INVESTIGATE),
    Action("search.return", "Back to where you were", ("Backspace",), "", INVESTIGATE),
    Action("search.clear", "Clear the search", ("Esc",), "", INVESTIGATE),
    Action("search.verify", "Verify these results", ("V",), "git-compare", INVESTIGATE, False, True),
    Action("identity.accept", "Accept", ("A",), "check", INVESTIGATE),
    Action("identity.reject", "Reject", ("D",), "x", INVESTIGATE),
    Action("identity.unsure", "Unsure", ("W",), "circle-question-mark", INVESTIGATE),
    Action("identity.skip", "Skip", ("S",), "arrow-down", INVESTIGATE),
    Action("identity.previous", "Previous", ("Q",), "", INVESTIGATE),
    Action("identity.rename", "Rename…", ("F2",), "pencil", INVESTIGATE, False, True),
    Action("identity.person_rename", "Rename the person…", ("F2",), "pencil", IDENTITIES, False, True),
    Action("identity.merge", "Merge with another person…", ("Ctrl+M",), "merge", IDENTITIES),
    Action("identity.move", "Move the selected tracklets…", ("M",), "arrow-right", IDENTITIES),
    Action("identity.split", "Split off the selected tracklets", ("Ctrl+Shift+X",), "split", IDENTITIES),
    Action("identity.take_out", "Take out the selected tracklets", ("Del",), "unlink", IDENTITIES),
    Action("identity.story", "Play the story", ("P",), "play", IDENTITIES, False, True),
    Action("identity.clip_back", "Clip before", ("[",), "skip-back", IDENTITIES),
    Action("identity.clip_forward", "Clip after", ("]",), "skip-forward", IDENTITIES),
    Action("identity.search", "Search for the person", ("Ctrl+Return",), "scan-search", IDENTITIES),
    Action("identity.verify", "Verify the person's tracklets", ("V",), "git-compare", IDENTITIES),
    Action("identity.find", "Find a person", ("Ctrl+F",), "search", IDENTITIES),
    Action("identity.link", "Link across cameras", ("Ctrl+T",), "waypoints", "", False, True),
    Action("identity.link_accept", "Accept the proposal", ("A",), "check", LINKS),
    Action("identity.link_reject", "Reject the proposal", ("D",), "x", LINKS),
    Action("identity.link_verify", "Verify the proposal", ("V",), "git-compare", LINKS),
    Action("identity.link_accept_all", "Accept all at the threshold", ("Ctrl+Shift+Return",), "", LINKS),
    Action("identity.link_verify_all", "Verify all at the threshold", ("Shift+V",), "", LINKS),
    Action("verify.same", "Accept, same person", ("A",), "check", VERIFY),
    Action("verify.different", "Reject, different people", ("D",), "x", VERIFY),
    Action("verify.unsure", "Unsure", ("W",), "circle-question-mark", VERIFY),
    Action("verify.skip", "Skip the pair", ("S",), "arrow-down", VERIFY),
    Action("verify.previous", "Pair before", ("Q",), "arrow-up", VERIFY),
    Action("verify.down", "Pair below", ("Down",), "", VERIFY, False, True),
    Action("verify.up", "Pair above", ("Up",), "", VERIFY),
    Action("verify.swap", "Query or candidate", ("C",), "arrow-left-right", VERIFY, False, True),
    Action("verify.frame_back", "One frame back", (",",), "step-back", VERIFY),
    Action("verify.frame_forward", "One frame forward", (".",), "step-forward", VERIFY),
    Action("verify.ten_back", "Ten frames back", ("Shift+Left",), "", VERIFY),
    Action("verify.ten_forward", "Ten frames forward", ("Shift+Right",), "", VERIFY),
    Action("verify.play", "Play both", ("Space",), "play", VERIFY),
    Action("verify.zoom_in", "Come nearer", ("+", "="), "zoom-in", VERIFY, False, True),
    Action("verify.zoom_out", "Go back", ("-",), "zoom-out", VERIFY),
    Action("verify.whole", "Whole frame or person", ("Z",), "expand", VERIFY),
    Action("verify.reset", "Pictures as they are", ("0",), "rotate-ccw", VERIFY),
    Action("verify.linked", "Link both views", ("Shift+L",), "link", VERIFY),
    Action("annotate.mode", "Annotate boxes", ("Ctrl+B",), "square-dashed", "", True),
    Action("annotate.draw", "Draw a box", ("R",), "crosshair", ANNOTATE, True, True),
    Action("annotate.split", "Split here", ("C",), "split", ANNOTATE, False, True),
    Action("annotate.merge", "Merge the selected", ("Ctrl+M",), "merge", ANNOTATE),
    Action("annotate.swap", "Swap two from here on", ("X",), "arrow-left-right", ANNOTATE),
    Action("annotate.trim", "Trim: start here", ("T",), "arrow-right-from-line", ANNOTATE, False, True),
    Action("annotate.end", "End here", ("E",), "arrow-left-from-line", ANNOTATE),
    Action("annotate.delete_box", "Delete the box", ("Del",), "x", ANNOTATE, False, True),
    Action("annotate.delete_tracklet", "Delete the tracklet", ("Shift+Del",), "trash", ANNOTATE),
    Action("annotate.next", "Next place to look at", ("PgDown",), "chevron-right", ANNOTATE, False, True),
    Action("annotate.previous", "Place to look at before", ("PgUp",), "chevron-left", ANNOTATE),
    Action("annotate.kind", "Choose what to look for", ("Ctrl+PgDown",), "", ANNOTATE),
    Action("tools.train", "Start training", ("Ctrl+Return",), "play", TRAIN),
    Action("tools.train_pause", "Pause the run, or go on", ("Ctrl+Shift+Space",), "pause", TRAIN),
    Action("tools.train_stop", "Stop the run", ("Ctrl+.",), "square", TRAIN),
    Action("tools.train_resume", "Resume the run", ("Ctrl+Shift+R",), "", TRAIN),
    Action("tools.train_check", "Check the data again", ("F5",), "rotate-cw", TRAIN),
    Action("tools.train_log", "Show or hide the log", ("Ctrl+L",), "", TRAIN),
    Action("tools.train_next", "Next run", ("Alt+Down",), "", TRAIN),
    Action("tools.train_previous", "Run before", ("Alt+Up",), "", TRAIN),
    Action("tools.train_compare", "Compare with the active model", ("Ctrl+M",), "gauge", TRAIN, False, True),
    Action("tools.train_use", "Use the run's model", ("Ctrl+U",), "check", TRAIN),
    Action("tools.model_import", "Import a checkpoint…", ("Ctrl+Shift+M",), "file-down", MODELS, False, True),
    Action("tools.model_use", "Use this model", ("Ctrl+U",), "check", MODELS),
    Action("tools.model_onnx", "Export the model as ONNX…", ("Ctrl+Shift+E",), "file-up", MODELS),
    Action("tools.model_openvino", "Export the model as OpenVINO…", ("Ctrl+Shift+V",), "file-up", MODELS),
    Action("tools.model_evaluate", "Evaluate the model", ("Ctrl+Return",), "gauge", MODELS),
    Action("window.start", "Start", ("Ctrl+1",), "house"),
    Action("window.sources", "Sources", ("Ctrl+2",), "cctv"),
    Action("window.investigate", "Investigate", ("Ctrl+3",), "scan-search"),
    Action("window.verify", "Verify", ("Ctrl+4",), "git-compare"),
    Action("window.identities", "Identities", ("Ctrl+5",), "users"),
    Action("window.links", "Links", ("Ctrl+6",), "link"),
    Action("window.train", "Train", ("Ctrl+7",), "graduation-cap"),
    Action("window.models", "Models", ("Ctrl+8",), "package"),
    Action("window.next_region", "Next region", ("F6",), "", "", False, True),
    Action("window.previous_region", "Previous region", ("Shift+F6",)),
    Action("window.jobs", "Jobs", ("Ctrl+J",), "", "", False, True),
    Action("window.reset", "Reset layout", ("Ctrl+F12",), "rotate-ccw"),
    Action("help.keys", "Keys", ("F1",), "keyboard"),
    Action("help.about", "About Sightline", ("Shift+F1",), "info"),
)

BY_ID = {action.id: action for action in ACTIONS}


def conflicts(actions: tuple[Action, ...] = ACTIONS) -> list[tuple[str, str, str]]:
    """``(key, id, id)`` wherever one key would mean two things in one place."""
    found = []
    for number, one in enumerate(actions):
        for other in actions[number + 1 :]:
            meets = not one.page or not other.page or one.page == other.page
            found += [(key, one.id, other.id) for key in one.keys if meets and key in other.keys]
    return found

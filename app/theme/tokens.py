"""Every colour and measure of the window; nothing else in `app` may hold a colour literal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colour roles of one scheme, as ``#RRGGBB``. Text roles are readable (AA) on every plane."""

    name: str
    window: str
    panel: str
    header: str
    raised: str
    hover: str
    pressed: str
    sel: str
    track: str
    line: str
    line2: str
    edge: str
    text: str
    text2: str
    text3: str
    accent: str
    fill: str
    on_fill: str
    focus: str
    ok: str
    ok_bg: str
    bad: str
    bad_bg: str
    warn: str
    warn_bg: str
    info_bg: str
    gap: str
    strong: str
    possible: str
    weak: str


DARK = Tokens(
    name="dark",
    window="#141619",
    panel="#1B1E22",
    header="#20242A",
    raised="#282D34",
    hover="#30363E",
    pressed="#3A414A",
    sel="#213450",
    track="#171A1D",
    line="#2C3138",
    line2="#474F59",
    edge="#6F7A85",
    text="#E7EAED",
    text2="#B0B8C1",
    text3="#9AA3AD",
    accent="#7DB2FF",
    fill="#2C6BD8",
    on_fill="#FFFFFF",
    focus="#9CC4FF",
    ok="#56CB9E",
    ok_bg="#16302A",
    bad="#FF8F82",
    bad_bg="#3B2221",
    warn="#E8B84A",
    warn_bg="#342C18",
    info_bg="#1C2B42",
    gap="#B8483E",
    strong="#7DB2FF",
    possible="#4F83C9",
    weak="#66717C",
)

LIGHT = Tokens(
    name="light",
    window="#E8EBEE",
    panel="#FFFFFF",
    header="#F4F6F8",
    raised="#FFFFFF",
    hover="#E9EDF1",
    pressed="#DCE2E8",
    sel="#DAE7FB",
    track="#F4F6F8",
    line="#DDE2E7",
    line2="#B3BBC4",
    edge="#848F9B",
    text="#15181C",
    text2="#434C56",
    text3="#5B656F",
    accent="#1A5AC8",
    fill="#1A5AC8",
    on_fill="#FFFFFF",
    focus="#1A5AC8",
    ok="#0A6B4A",
    ok_bg="#E1F3EA",
    bad="#B02318",
    bad_bg="#FCE8E6",
    warn="#7F5000",
    warn_bg="#FBF0D9",
    info_bg="#E3EDFC",
    gap="#C4433A",
    strong="#1A5AC8",
    possible="#5C8BD9",
    weak="#87929E",
)

IDENTITY_COLORS = (
    "#F0A030",
    "#58B8F0",
    "#D8F090",
    "#D848A8",
    "#7878F0",
    "#F0C0C0",
    "#90A860",
    "#A87878",
)
"""Told apart with any colour vision; from the ninth on they repeat with a corner notch."""

SERIES_DARK = ("#F0A030", "#58B8F0", "#56CB9E", "#D848A8", "#D8F090", "#A8A8FF")
SERIES_LIGHT = ("#A85E00", "#1A5AC8", "#0A6B4A", "#A8207E", "#5F6B00", "#5A4FCF")
"""Lines of plots, in the order in which they are used; 3:1 or more on the panel."""

IDENTITY_INK = "#101214"
IDENTITY_NOTCH = "#FFFFFF"
IDENTITY_RIM_ALPHA = 107
"""Opacity (0..255) of the inner black line of identity shapes on light planes: 42 %."""

VIDEO = "#0A0B0C"
"""Letterbox behind pictures; overlays on video are the same in both schemes."""

PLATE_ALPHA = 204
"""Opacity of a plate over video: 80 %."""

BOX_SHADOW_ALPHA = 140
"""Opacity of the dark line under a box on video: 55 %."""

MARK_OK, MARK_BAD = "#0F6B4C", "#9B2C22"
"""Under the pictures of a rank list: the same person, somebody else; their icons are `ON_VIDEO`."""
ON_VIDEO = "#E7EAED"
ON_VIDEO_QUIET = "#B0B8C1"
ON_GAP = "#FFFFFF"
QUERY_FRAME = "#FFFFFF"

SPACE = 4
RADIUS_CROP, RADIUS_BADGE, RADIUS_CONTROL, RADIUS_CARD, RADIUS_CHIP = 2, 3, 4, 6, 12
CONTROL_PX, CONTROL_SMALL_PX, CONTROL_LARGE_PX = 28, 24, 40
ROW_RESULT_PX, ROW_IDENTITY_PX, ROW_TABLE_PX, ROW_FACT_PX, GROUP_PX = 60, 52, 36, 32, 24
MENU_PX, RAIL_PX, RAIL_NARROW_PX, RAIL_ITEM_PX, STRIP_PX, TOOLBAR_PX = 32, 64, 44, 52, 32, 36
FONT_CAPTION_PX, FONT_BODY_PX, FONT_BUTTON_PX, FONT_TITLE_PX, FONT_NAME_PX, FONT_DISPLAY_PX = (
    11,
    12,
    13,
    14,
    16,
    20,
)


def identity_color(number: int) -> str:
    """Colour of the identity with this number, which counts from 1."""
    return IDENTITY_COLORS[(number - 1) % len(IDENTITY_COLORS)]


def has_notch(number: int) -> bool:
    """Whether the number's colour is used a second time, and a corner notch tells the two apart."""
    return number > len(IDENTITY_COLORS)


def series_color(tokens: Tokens, place: int) -> str:
    """Colour of a plot's line; negative places are grey."""
    colors = SERIES_DARK if tokens.name == "dark" else SERIES_LIGHT
    return tokens.text2 if place < 0 else colors[place % len(colors)]

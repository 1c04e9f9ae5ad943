"""The table of actions holds together."""

import lucide

from app.actions import ACTIONS, MENUS, Action, conflicts


def test_no_key_means_two_things_in_one_place():
    assert conflicts() == []


def test_a_conflict_would_be_seen():
    twice = (Action("file.a", "A", ("X",)), Action("file.b", "B", ("X",), page="investigate"))
    assert conflicts(twice) == [("X", "file.a", "file.b")]


def test_ids_are_unique_and_stand_in_a_menu():
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    assert {action.menu for action in ACTIONS} == set(MENUS)


def test_every_action_has_a_key():
    assert [action.id for action in ACTIONS if not action.keys] == []


def test_every_icon_is_one_of_the_set():
    names = set(lucide.get_icon_list())
    assert [action.id for action in ACTIONS if action.icon and action.icon not in names] == []

"""Names of keys, and ids."""

from __future__ import annotations

import pytest

from lashd.relay.keys import Keys, check_home, entry_id, n_of


def test_all_keys_of_a_home_have_one_hash_tag() -> None:
    """A cluster keeps them in one place, whatever a session is called."""
    keys = Keys("box")
    session = keys.session(5, "a:{b}")
    for key in (keys.meta, keys.list, keys.rows, session.events, session.view):
        assert key.partition("{")[2].partition("}")[0] == "box"


def test_another_incarnation_has_other_keys() -> None:
    """Its positions are others, too."""
    keys = Keys("box")
    assert keys.session(1, "2:a") != keys.session(12, "a")


@pytest.mark.parametrize("name", ["", "a b", "{box}", "-a", "a" * 65, "ä", "a\n"])
def test_what_can_not_name_a_home(name: str) -> None:
    """What would break the tag, or hide on a screen."""
    with pytest.raises(ValueError, match="can't name a home"):
        check_home(name)


def test_ids_are_positions() -> None:
    """And what is no id of ours is none."""
    assert n_of(entry_id(2**40 - 1)) == 2**40 - 1
    assert n_of(b"7-0") == 7
    for text in ("7-1", "7", "-0", "x-0", "7-00", "\u0667-0"):
        assert n_of(text) is None

"""Text from a file shows as it is, wherever it is shown."""

import pytest

from eagerbench.reports.escape import clean, file_stems, for_figure, for_markdown, for_spreadsheet, shorten


def test_clean_leaves_only_what_can_be_seen():
    """Line ends, control codes, direction marks and half surrogates become spaces, so that text stays on its line."""
    assert clean("a\nb\x1b\u202ec\ud800µ×") == "a b  c µ×"


def test_clean_text_has_no_remains_of_colours():
    """An error message of Keras is bold in a terminal; elsewhere nothing is seen of that, brackets neither."""
    assert clean("Py.call().\x1b[1mCan't\x1b[0m [1m") == "Py.call().Can't [1m"
    assert clean("\x1b[38;5;208mred\x1b[K") == "red"


def test_clean_text_can_be_written():
    """A lone surrogate, which JSON can carry, would otherwise stop the whole report from being written."""
    assert clean("\ud800x").encode() == b" x"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_spreadsheet_sees_a_formula(start: str):
    """Whatever a spreadsheet would take for a formula begins with an apostrophe."""
    assert for_spreadsheet(f"{start}cmd()") == clean(f"'{start}cmd()")


def test_harmless_text_goes_into_a_spreadsheet_unchanged():
    """A case id is a join key and stays what it is."""
    assert for_spreadsheet("forward/function-xla/b1") == "forward/function-xla/b1"


def test_markdown_shows_what_was_written():
    """Neither a tag nor a table cell, a code span, a link or a mention comes out of text."""
    shown = for_markdown("<script>|`a`\n[b](c)*d*_e_ ~f~ $g$ @team a\\b & @ 2GHz")
    assert shown == (r"&lt;script&gt;\|\`a\` \[b\](c)\*d\*\_e\_ \~f\~ \$g\$ " + "@\u200b" + r"team a\\b &amp; @ 2GHz")


def test_markdown_is_cut_before_it_is_escaped():
    """A cut never leaves half an escape behind."""
    assert for_markdown("a<b<c<d", longest=4) == "a&lt;b…"


def test_figures_get_signs_that_their_font_has():
    """A missing glyph would be a warning and an empty box."""
    assert for_figure("模式 µ $x$") == "?? ? $x$"


def test_short_text_is_not_cut():
    """The limit itself is allowed."""
    assert shorten("abcd", 4) == "abcd"


def test_long_text_shows_its_cut():
    """An ellipsis takes the last place."""
    assert shorten("abcde", 4) == "abc…"


def test_file_stems_are_safe_and_differ():
    """Groups that look alike once reduced still get files of their own, and none leaves its folder."""
    stems = file_stems(["forward b1", "forward-b1", "../../etc b1", "::: :"])
    assert stems == {
        "forward b1": "forward-b1",
        "forward-b1": "forward-b1-2",
        "../../etc b1": "etc-b1",
        "::: :": "group",
    }

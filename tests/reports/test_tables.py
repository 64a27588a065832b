"""Numbers in words, on values worked out by hand."""

import pytest

from eagerbench.cases import Case
from eagerbench.reports.tables import (
    against,
    amount,
    bounds,
    breaking_even,
    call_of,
    compared,
    ends,
    factor,
    figure_title,
    group_title,
    interval,
    mean_in_words,
    mode_in_words,
    plain,
    rows_in_words,
    seconds,
    significant,
)
from eagerbench.stats import BreakEven, Estimate, Mean


@pytest.mark.parametrize(
    ("value_s", "expected"),
    [
        (1.23e-3, "1.23 ms"),
        (0.0400, "40.0 ms"),
        (2.82, "2.82 s"),
        (83.456, "83.5 s"),
        (1234.5, "1,230 s"),
        (0.2e-3, "200 µs"),
        (999.4e-6, "999 µs"),
        (999.6e-6, "1.00 ms"),
        (0.9996, "1.00 s"),
        (28.16e-9, "28.2 ns"),
        (2e-12, "0.00200 ns"),
        (0.0, "0 s"),
        (None, "–"),
    ],
)
def test_seconds(value_s: float | None, expected: str):
    """Three significant digits in the unit that keeps the number between 1 and 1,000."""
    assert seconds(value_s) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5.4, "5.40"),
        (40, "40.0"),
        (400, "400"),
        (999.6, "1,000"),
        (12345, "12,300"),
        (0.00123, "0.00123"),
        (0, "0"),
        (2.3e114, "2.30e+114"),
        (4e-115, "4.00e-115"),
    ],
)
def test_significant(value: float, expected: str):
    """Three significant digits, trailing zeros among them; an exponent for what no one can read otherwise."""
    assert significant(value) == expected


def test_interval_keeps_the_unit_of_its_value():
    """Both ends are told in the unit of the value, or nobody could compare them."""
    assert interval(Estimate(1.02e-3, 0.98e-3, 1.06e-3, 6)) == "1.02 ms (0.980–1.06)"


@pytest.mark.parametrize(
    ("time_s", "expected"),
    [
        (Estimate(2.14e-3, 1.10e-3, 2.20e-3, 2), "2.14 ms (1.10–2.20)"),
        (Estimate(2.14e-3, 0.298e-3, 15.3e-3, 2), "2.14 ms (0.30–15)"),
        (Estimate(220e-6, 92.9e-6, 521e-6, 2), "220 µs (93–521)"),
        (Estimate(1.0, 0.02, 50.0, 2), "1.00 s (0.020–50)"),
        (Estimate(100.0, 9.99, 999.6, 2), "100 s (10–1,000)"),
        (Estimate(1.0, 0.0099, 101.0, 2), "1.00 s (over 100× either way)"),
        (Estimate(3.95e-3, 4.44e-13, 35_200_000.0, 2), "3.95 ms (over 100× either way)"),
        (Estimate(3.95e-3, 0.0, float("inf"), 2), "3.95 ms (over 100× either way)"),
    ],
)
def test_an_interval_has_as_many_digits_as_are_of_use(time_s: Estimate, expected: str):
    """Three where its ends are near each other, two where they are not, none where it bounds nothing."""
    assert interval(time_s) == expected


def test_interval_of_one_launch_is_left_out():
    """A single launch gives a time but no interval."""
    assert interval(Estimate(1.02e-3, None, None, 1)) == "1.02 ms"
    assert bounds(Estimate(1.02e-3, None, None, 1)) == ""


def test_interval_of_nothing():
    """What was not measured is a dash."""
    assert interval(None) == "–"


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (Estimate(2.1, 1.9, 2.3, 6), ("2.1×", "1.9–2.3")),
        (Estimate(1.05, 1.02, 1.08, 6), ("1.05×", "1.02–1.08")),
        (Estimate(110.2, 105.4, 115.6, 6), ("110×", "105–116")),
        (Estimate(12345, 9000, 15000, 6), ("12,300×", "9,000–15,000")),
        (Estimate(2.1, None, None, 1), ("2.1×", "")),
        (Estimate(44, 1.327, 1490, 2), ("44×", "1.3–1,490")),
        (Estimate(1000, 1.5, 667_000, 2), ("1,000×", "1.5 to above 100,000")),
        (Estimate(0.5, 0.001, 0.9, 2), ("0.50×", "below 0.005 to 0.90")),
        (Estimate(1000, 0.4, 2_500_000, 2), ("1,000×", "0.40 to above 100")),
    ],
)
def test_factor(ratio: Estimate, expected: tuple[str, str]):
    """Fewer decimals the larger the ratio; each end has its own where they lie far apart.

    What is a hundred times beyond the value, or beyond 1 where the interval holds 1, is told as that.
    """
    assert factor(ratio) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (Estimate(1.01, 1.004, 1.02, 6), "1.01× faster (1.004–1.02)"),
        (Estimate(2.3, 1.0276, 5.2, 2), "2.3× faster (1.03–5.2)"),
        (Estimate(10, 1.0004, 100, 2), "10× faster (1.0004–100)"),
        (Estimate(1 / 57, 1 / 1860, 1 / 1.7, 2), "57× slower (1.7–1,860)"),
        (Estimate(0.98, 0.95, 0.998, 6), "1.02× slower (1.002–1.05)"),
        (Estimate(1.03, 0.997, 1.06, 6), "no difference shown (0.997–1.06×)"),
        (Estimate(1.0, 1.0, 1.0, 6), "no difference shown (1.00–1.00×)"),
    ],
)
def test_an_end_is_never_rounded_to_one(ratio: Estimate, expected: str):
    """Of a difference that is shown, no end may look like none."""
    assert compared(ratio) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (Estimate(4.4, 0.64, 19.92, 2), "0.64–20×"),
        (Estimate(0.05, 0.0002, 50.6, 2), "below 0.01 to 51×"),
        (Estimate(13, 0.0361, 4540, 2), "0.036 to above 100×"),
        (Estimate(1.0, 1e-11, 1e11, 2), "below 0.01 to above 100×"),
    ],
)
def test_where_no_difference_is_shown_no_end_is_absurd(ratio: Estimate, expected: str):
    """A ratio is never 0, and beyond a hundred times nothing is told apart."""
    assert against(ratio) == ("no difference shown", expected)


def test_every_positive_quantity_has_its_interval_told_alike():
    """Rates and times."""
    assert ends(Estimate(29_800, 9.85e-6, 9e13, 2)) == "over 100× either way"
    assert ends(Estimate(4040, 1230, 13_300, 2)) == "1,230–13,300"
    assert ends(Estimate(4040, None, None, 1)) == ends(None) == ""


def test_faster():
    """A whole interval above one is faster."""
    assert compared(Estimate(2.1, 1.9, 2.3, 6)) == "2.1× faster (1.9–2.3)"


def test_slower_is_told_by_the_reciprocal():
    """0.01 with 0.008 to 0.0125 is 100 times slower, 80 to 125."""
    assert compared(Estimate(0.01, 0.008, 0.0125, 6)) == "100× slower (80–125)"


def test_no_difference_shown_is_a_result():
    """An interval that holds one shows no difference, and its ends say how large one could be."""
    assert compared(Estimate(1.01, 0.97, 1.05, 6)) == "no difference shown (0.97–1.05×)"


def test_no_ratio_without_an_interval():
    """One launch gives no ratio at all."""
    assert against(Estimate(2.1, None, None, 1)) == ("–", "")
    assert against(None) == ("–", "")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (BreakEven("always"), "from the first call"),
        (BreakEven("after", Estimate(13.2, 8.4, 21.3, 6)), "after 14 calls (9–22)"),
        (BreakEven("after", Estimate(1.0, 1.0, 1.0, 6)), "after 1 call"),
        (BreakEven("after", Estimate(12345, 10000, 15200, 6)), "after 12,300 calls (10,000–15,200)"),
        (BreakEven("until", Estimate(14.8, 9.9, 22.2, 6)), "ahead for the first 14 calls only (9–22)"),
        (BreakEven("until", Estimate(1.3, 1.1, 1.6, 6)), "ahead for the first call only"),
        (BreakEven("until", Estimate(1.3, 0.4, 3.6, 6)), "ahead for the first call only (1–3)"),
        (BreakEven("never"), "never"),
        (BreakEven("undecided"), "undecided"),
        (None, "–"),
    ],
)
def test_break_even_in_words(result: BreakEven | None, expected: str):
    """Calls are whole: paid back after the next one begun, ahead for the last one finished."""
    assert breaking_even(result) == expected


@pytest.mark.parametrize(
    ("size", "expected"), [("b1", "1 row"), ("b100000", "100,000 rows"), ("env1", "env1"), ("b" + "9" * 5000, None)]
)
def test_rows_in_words(size: str, expected: str | None):
    """A size that is no number of rows is shown as it is, also one that Python refuses to read."""
    assert rows_in_words(Case("forward", "eager", size)) == (size if expected is None else expected)


@pytest.mark.parametrize(
    ("workload", "size", "expected"),
    [
        ("forward", "b100000", "Forward pass of 100,000 rows"),
        ("update", "b64", "Gradient step on 64 rows"),
        ("update", "many", "Gradient step on many"),
        ("train", "env1", "Training in 1 environment"),
        ("train", "env64", "Training in 64 environments"),
        ("train", "b64", "Training in b64"),
        ("other", "b32", "other, 32 rows"),
        ("cold", "b32", "Cold start: forward pass of 32 rows"),
        ("cold", "env1", "Cold start: training in 1 environment"),
        ("memory", "many", "Memory: forward pass of many"),
        ("traces", "forward-fixed", "Traces: 10 forward passes of one shape"),
        ("traces", "b1", "Traces: b1"),
    ],
)
def test_group_title(workload: str, size: str, expected: str):
    """What the cases do, with a size that is no number as it is; a workload without words of its own is named."""
    assert group_title(Case(workload, "eager", size)) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [("1.50 ms", "1.5 ms"), ("1.00 s", "1 s"), ("1,000", "1,000"), ("10.0", "10")]
)
def test_plain(number: str, expected: str):
    """Zeros at the end go, those of a whole number stay."""
    assert plain(number) == expected


def test_break_even_of_a_training():
    """It is counted in updates."""
    assert breaking_even(BreakEven("after", Estimate(13.2, 8.4, 21.3, 6)), "update") == "after 14 updates (9–22)"
    assert breaking_even(BreakEven("always"), "update") == "from the first update"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12.34, "12.3"),
        (1.5, "1.50"),
        (0.04, "0.04"),
        (-0.5, "-0.50"),
        (0.565359836, "0.57"),
        (0.0004, "0"),
        (-0.0004, "0"),
        (0.0, "0"),
        (123.4, "123"),
        (99.96, "100"),
        (1234.5, "1,230"),
        (float("inf"), "inf"),
    ],
)
def test_amount(value: float, expected: str):
    """At most two digits behind the point; what is nothing by then has no sign."""
    assert amount(value) == expected


@pytest.mark.parametrize(
    ("mean", "expected"),
    [
        (Mean(1.3, 1.2, 1.4, 3), "1.30 MB (1.20–1.40)"),
        (Mean(0.01, -0.02, 0.05, 3), "0.01 MB (-0.02 to 0.05)"),
        (Mean(1.3, None, None, 1), "1.30 MB"),
        (None, "–"),
    ],
)
def test_mean_in_words(mean: Mean | None, expected: str):
    """A dash between two numbers of which one has a sign would be read as a sign."""
    assert mean_in_words(mean, " MB") == expected


def test_a_figure_says_more_after_its_title():
    """One colon is enough."""
    assert figure_title(Case("cold", "eager", "b1")) == "Cold start, forward pass of 1 row"
    assert figure_title(Case("train", "eager", "env1")) == "Training in 1 environment"


def test_a_call_of_a_training_is_an_update():
    """As everywhere."""
    assert [call_of(Case("memory", "eager", size)) for size in ("b1", "env1")] == ["call", "update"]


def test_a_mode_with_a_filled_cache_is_the_mode_with_a_filled_cache():
    """Its words are those of the mode, and one more; without them there is nothing to say."""
    told = {"function-xla": "compiled by XLA"}
    assert mode_in_words("function-xla", told) == "compiled by XLA"
    assert mode_in_words("function-xla+cache", told) == "compiled by XLA; XLA's cache on disk is filled"
    assert mode_in_words("function-xla+cache", {**told, "function-xla+cache": "its own words"}) == "its own words"
    assert mode_in_words("eager+cache", told) == mode_in_words("eager", told) == ""

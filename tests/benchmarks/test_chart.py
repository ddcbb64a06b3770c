from xml.etree import ElementTree

from benchmarks.chart import BARS, CUT, Bar, Panel, number, svg

SVG = "{http://www.w3.org/2000/svg}"
POSTS = Panel(
    "A post", "CPU µs", (Bar("ours", 40, ours=True), Bar("boto3 & <threads>", 800, note="20×")), 60
)


def drawn(*panels: Panel) -> ElementTree.Element:
    return ElementTree.fromstring(svg("Heliograph", panels))


def test_the_longest_bar_is_as_wide_as_there_is_room_and_the_others_in_proportion() -> None:
    ours, theirs = drawn(POSTS).findall(f"{SVG}rect[@class]")
    assert (ours.get("class"), theirs.get("class")) == ("ours", "theirs")
    assert float(theirs.get("width", "")) == BARS
    assert float(ours.get("width", "")) == BARS * 40 / 800


def test_labels_values_and_notes_are_written_as_they_are() -> None:
    texts = ["".join(text.itertext()) for text in drawn(POSTS).findall(f"{SVG}text")]
    assert "boto3 & <threads>" in texts
    assert "800 · 20×" in texts


def test_a_goal_beyond_every_bar_is_within_the_picture() -> None:
    root = drawn(Panel("A post", "CPU µs", (Bar("ours", 40, ours=True),), 60))
    line = root.find(f"{SVG}line")
    assert line is not None
    assert float(line.get("x1", "")) <= float(root.get("width", ""))


def test_a_baseline_beside_which_the_others_vanish_is_cut() -> None:
    bars = (Bar("ours", 0.5, ours=True), Bar("theirs", 0.6), Bar("another", 55, note="110×"))
    root = drawn(Panel("An echo", "ms", bars))
    ours, _, another = root.findall(f"{SVG}rect[@class]")
    assert float(ours.get("width", "")) > BARS / CUT / 2
    assert float(another.get("width", "")) == BARS
    assert len(root.findall(f"{SVG}path[@class='cut']")) == 1


def test_panels_stand_below_each_other() -> None:
    one, two = drawn(POSTS), drawn(POSTS, POSTS)
    assert float(two.get("height", "")) == float(one.get("height", "")) + POSTS.height


def test_it_reads_in_the_dark() -> None:
    assert "prefers-color-scheme: dark" in svg("Heliograph", [POSTS])


def test_numbers_have_three_digits() -> None:
    assert [number(value) for value in (0.457, 45.67, 456.7, 24_800.4)] == [
        "0.46",
        "45.7",
        "457",
        "24,800",
    ]

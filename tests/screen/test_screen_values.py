"""Figures, tables and numbers from hostile or odd data come out fit to be shown."""

import json
from decimal import Decimal

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.contract.words import NO_BREAK, unbroken
from agent_core.exports import figures as figure
from agent_core.exports.tables import NotATable
from components import code_cell, table, units
from components.markdown import plain
from tests.screen import turns

REMOTE = "http://evil.example/"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10) | st.just(REMOTE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def outcome_of(read, data):
    """What comes of reading bytes: a value, or the problem that is told."""
    try:
        return read(data)
    except (figure.NotDrawable, NotATable) as problem:
        return problem


def bar(**more):
    return json.dumps({"data": [{"type": "bar", "y": [1]}], "layout": {}, **more}).encode()


def test_a_figure_of_ours_takes_the_theme_and_the_place_it_is_given():
    prepared = figure.prepare(turns.FIGURE)
    assert prepared["layout"]["template"] == "streamlit"
    assert prepared["layout"]["width"] is None
    assert [trace["marker"]["color"] for trace in prepared["data"]] == ["#000001", "#000002", "#000003"]
    assert figure.title(prepared) == "Mean body mass by species"
    assert len(go.Figure(prepared, skip_invalid=True).data) == 3


@pytest.mark.parametrize("source", [REMOTE + "a.png", "//evil.example/a.png", "data:image/svg+xml;base64,PHN2Zz4="])
def test_images_in_a_figure_are_kept_only_as_data(source):
    images = [{"source": source}, {"source": "data:image/png;base64,AAAA"}]
    prepared = figure.prepare(bar(layout={"images": images}))
    assert prepared["layout"]["images"] == images[1:]


def test_a_trace_that_loads_from_elsewhere_is_left_out():
    data = [
        {"type": "image", "source": REMOTE},
        {"type": "heatmap", "geojson": REMOTE, "z": [[1]]},
        {"type": "bar", "y": [1]},
    ]
    assert [trace["type"] for trace in figure.prepare(json.dumps({"data": data}).encode())["data"]] == ["bar"]


@pytest.mark.parametrize(
    "kind", ["scattermap", "densitymapbox", "choroplethmapbox", "choroplethmap", "scattergeo", "choropleth"]
)
def test_a_map_of_remote_tiles_is_not_drawn_and_says_why(kind):
    with pytest.raises(figure.NotDrawable, match="tiles and outlines from the network"):
        figure.prepare(json.dumps({"data": [{"type": kind}]}).encode())


@pytest.mark.parametrize("kind", ["heatmap", "treemap"])
def test_what_is_only_called_a_map_is_drawn(kind):
    assert figure.prepare(json.dumps({"data": [{"type": kind}]}).encode())["data"] == [{"type": kind}]


@pytest.mark.parametrize(
    "action",
    [
        {"method": "relayout", "args": [{"images": [{"source": REMOTE}]}]},
        {"method": "relayout", "args": [{"images[0].source": "\u002f/evil.example/a.png"}]},
        {"method": "restyle", "args": [{"type": "scattergeo"}]},
        {"method": "restyle", "args": ["type", "choropleth"]},
    ],
)
def test_a_button_of_a_figure_that_would_load_something_is_left_out(action):
    """A click on a chart's own controls asks no other host for anything; harmless controls stay."""
    harmless = {"buttons": [{"method": "restyle", "args": ["visible", [True]]}]}
    for name in ("updatemenus", "sliders"):
        prepared = figure.prepare(bar(layout={name: [{"buttons": [action], "steps": [action]}, harmless]}))
        assert prepared["layout"][name] == [harmless]


def test_links_in_a_figures_texts_are_taken_out_and_type_is_kept():
    prepared = figure.prepare(bar(layout={"title": {"text": f"<b>Sum</b> <a href='{REMOTE}'>here</a>"}}))
    assert prepared["layout"]["title"]["text"] == "<b>Sum</b> here"


@given(st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_figure_or_a_sentence(data):
    outcome = outcome_of(figure.prepare, data)
    assert isinstance(outcome, figure.NotDrawable) or set(outcome) == {"data", "layout"}


def test_a_table_tells_how_much_of_it_is_shown():
    columns = [{"name": "a", "dtype": "int64", "index": False}] * 2
    whole = {"columns": columns, "rows": [[1, 2], [3]], "total_rows": 12_000, "total_columns": 2}
    decoded = table.decode(json.dumps(whole).encode())
    assert decoded.extent == "First 2 of 12,000 rows, 2 columns"
    assert list(decoded.frame.columns) == ["a", "a (2)"]
    assert decoded.frame.shape == (2, 2)


def test_of_running_code_the_newest_lines_are_shown():
    """As many as the box has room for; what came before them is counted."""
    assert code_cell.newest("1\n2\n") == "1\n2\n"
    lines = code_cell.newest("\n".join(map(str, range(40)))).splitlines()
    assert lines == ["… 28 earlier lines", *map(str, range(28, 40))]


def test_days_are_shown_as_days():
    """A column that has one moment in it keeps the times of all."""
    rows = [["2024-01-01 00:00:00", "2024-01-01 00:00:00"], [None, "2024-01-01 09:30:00"]]
    drawn = table.frame(["day", "moment"], rows)
    assert drawn["day"].dropna().tolist() == ["2024-01-01"]
    assert drawn["moment"].tolist() == ["2024-01-01 00:00:00", "2024-01-01 09:30:00"]


@given(st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_table_or_a_sentence(data):
    assert isinstance(outcome_of(table.decode, data), NotATable | table.Table)


@given(st.lists(st.lists(json_values, max_size=3), max_size=4), st.lists(st.text(max_size=4), max_size=3))
def test_any_cells_make_a_square_frame_with_distinct_columns(rows, names):
    made = table.frame(names, rows)
    assert made.columns.is_unique
    assert made.shape == (len(rows), len(names))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (units.size(1), "1 byte"),
        (units.size(999), "999 bytes"),
        (units.size(15_241), "15.2 kB"),
        (units.size(999_960), "1.0 MB"),
        (units.size(4_294_967_296), "4.3 GB"),
        (units.seconds(0.24), "0.2 s"),
        (units.seconds(59.4), "59 s"),
        (units.seconds(59.7), "1 min 00 s"),
        (units.seconds(65), "1 min 05 s"),
        (units.seconds(7_800), "2 h 10 min"),
        (units.dollars(Decimal(0)), "$0.00"),
        (units.dollars(Decimal("0.0042")), "$0.0042"),
        (units.dollars(Decimal("1234.5")), "$1,234.50"),
        (units.dollars(Decimal("0.0000001")), "$0.00"),
        (units.count(1, "row"), "1 row"),
        (units.count(1_200, "row"), "1,200 rows"),
        (units.count(2, "entry", "entries"), "2 entries"),
    ],
)
def test_sizes_times_and_money_read_as_people_write_them(shown, expected):
    assert shown == unbroken(expected)


def test_a_number_stays_beside_its_unit_and_nothing_else_is_held_together():
    text = "For 60 s, 1 min 05 s or 2 h 10 min: 1 GiB, 15.2 kB, 1 vCPU; 64 processes, 3 sandboxes, item 2 smaller"
    held = "For 60_s, 1_min_05_s or 2_h_10_min: 1_GiB, 15.2_kB, 1_vCPU; 64 processes, 3 sandboxes, item 2 smaller"
    assert plain(text) == plain(held).replace("\\_", NO_BREAK)

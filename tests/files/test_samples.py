import csv
import subprocess
import sys

import pytest

from agent_core.files.names import safe_name
from agent_core.files.samples import SAMPLES, Sample


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_a_table_on_this_machine_and_says_where_it_is_from(sample: Sample) -> None:
    with sample.path.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert len(header) >= 3
    assert len(rows) >= 50
    assert {len(row) for row in rows} == {len(header)}
    assert safe_name(sample.file_name) == sample.file_name
    assert sample.about.endswith(".")
    assert sample.licence
    assert "https://" in sample.source


def test_samples_are_told_apart_by_name() -> None:
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES) == len({sample.file_name for sample in SAMPLES})


def test_finding_a_sample_loads_neither_its_package_nor_pandas() -> None:
    program = (
        "import sys; from agent_core.files.samples import SAMPLES; [s.path for s in SAMPLES]; "
        "print(sorted({'pandas', 'palmerpenguins', 'vega_datasets'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


def test_a_missing_package_is_a_missing_file() -> None:
    missing = Sample("x", "X", "X.", "x.csv", "https://example.org", "CC0", "no_such_package_here", "x.csv")
    with pytest.raises(FileNotFoundError):
        _ = missing.path

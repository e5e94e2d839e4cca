"""Data sets to try the app with. They ship inside installed packages; nothing is downloaded."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """A small data set with its origin."""

    name: str
    title: str
    about: str
    """One line on what is in it."""
    file_name: str
    source: str
    licence: str
    package: str
    resource: str
    """Where the file is in the package, with forward slashes."""

    @property
    def path(self) -> Path:
        """The file on this machine. Raises FileNotFoundError where the package is not installed."""
        # Found without importing the package, which would load half of the scientific stack.
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(f"The package {self.package} is not installed.")
        return Path(spec.submodule_search_locations[0], *self.resource.split("/"))


SAMPLES = (
    Sample(
        name="penguins",
        title="Penguins",
        about="344 penguins of three species, measured on three islands of Antarctica.",
        file_name="penguins.csv",
        source="K. Gorman and the Palmer Station LTER; collected by A. Horst, A. Hill and K. Gorman (2020), "
        "https://allisonhorst.github.io/palmerpenguins/",
        licence="CC0 1.0",
        package="palmerpenguins",
        resource="data/penguins.csv",
    ),
    Sample(
        name="seattle-weather",
        title="Seattle weather",
        about="Rain, temperature and wind in Seattle, each day from 2012 to 2015.",
        file_name="seattle-weather.csv",
        source="NOAA, by way of https://github.com/vega/vega-datasets",
        licence="Public domain",
        package="vega_datasets",
        resource="_data/seattle-weather.csv",
    ),
    Sample(
        name="iowa-electricity",
        title="Iowa's electricity",
        about="How much electricity Iowa made from which source, each year from 2001 to 2017.",
        file_name="iowa-electricity.csv",
        source="U.S. Energy Information Administration, by way of https://github.com/vega/vega-datasets",
        licence="Public domain",
        package="vega_datasets",
        resource="_data/iowa-electricity.csv",
    ),
)

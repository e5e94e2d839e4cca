"""Real data sets from installed packages, as files and as the profiles that come with an upload."""

import io
import json
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from agent_core.events import ColumnProfile, FileProfile, TableProfile

_PLACES = {
    "penguins.csv": ("palmerpenguins", "data/penguins.csv"),
    "seattle-weather.csv": ("vega_datasets", "_data/seattle-weather.csv"),
    "stocks.csv": ("vega_datasets", "_data/stocks.csv"),
    "cars.json": ("vega_datasets", "_data/cars.json"),
    "iris.json": ("vega_datasets", "_data/iris.json"),
    "barley.json": ("vega_datasets", "_data/barley.json"),
    "us-employment.csv": ("vega_datasets", "_data/us-employment.csv"),
    "iowa-electricity.csv": ("vega_datasets", "_data/iowa-electricity.csv"),
    "airports.csv": ("vega_datasets", "_data/airports.csv"),
    "macrodata.csv": ("statsmodels", "datasets/macrodata/macrodata.csv"),
    "fair.csv": ("statsmodels", "datasets/fair/fair.csv"),
    "grunfeld.csv": ("statsmodels", "datasets/grunfeld/grunfeld.csv"),
    "statecrime.csv": ("statsmodels", "datasets/statecrime/statecrime.csv"),
    "breast_cancer.csv": ("sklearn", "datasets/data/breast_cancer.csv"),
}

MESSY = """Order Date;Region;Net Amount;Discount;Customer Name
31.01.2023;West;1.234,50 €;5 %;Anna
15.02.2023; west ;200,00 €;0 %;Bert
17.02.2023;East;99,90 €;10 %;Cleo
03.03.2023;EAST;1.000,10 €;5 %;Dora
12.03.2024;South;n/a;0 %;Emil
20.04.2024;West;50,50 €;;Anna
20.04.2024;West;50,50 €;;Anna
"""

DOLLARS = """order_id,orderDate,product,unitPrice,quantity,isMember
1,"Jan 5, 2022",Lamp,"$1,200.00",2,True
2,"Jan 9, 2022",Desk,"$300.50",1,False
3,"Feb 1, 2022",Lamp,"$1,100.00",1,True
4,"Mar 3, 2023",Chair,"$80.00",4,False
5,"Mar 9, 2023",Desk,"($20.00)",1,True
"""

ODD = """shop,amount
North,"$10"
North,"$20"
South,"$5"
South,about six
South,"$7"
"""

SPACED = """team,points
Red,1
Red ,2
red,4
Blue,8
"""

CUSTOMERS = """customer_id,customer_name,segment,country
1,Anna,Retail,France
2,Bert,Wholesale,Spain
3,Cleo,Retail,Spain
"""

PURCHASES = """purchase_id,customer_id,amount,day
10,1,5.0,2024-01-01
11,1,7.5,2024-01-05
12,2,100,2024-02-01
13,3,1,2024-02-03
14,9,4,2024-03-03
"""

PEOPLE = """person_id,name,sex,age,survived,class,fare
1,A,male,70,0,1,80.5
2,B,female,30,1,1,90
3,C,female,,1,2,20
4,D,male,22,0,3,7.25
5,E,female,25,0,3,8
6,F,male,,1,2,13
"""


@cache
def path_of(name: str) -> Path:
    package, inside = _PLACES[name]
    return Path(str(files(package).joinpath(inside)))


FORMULAS = """town,=1+1,size
Oslo,"=HYPERLINK(""http://evil.example/"")",-7
Rome,@SUM(1),28
Bonn,plain,3
Lima,|cmd,4
"""

BOOKS = """Datum;Filiale;Umsatz
31.01.2023;Nord;1,5
15.02.2023;Süd;2,5
17.02.2023;Nord;4,0
Gesamt;;8,0
"""

STAFF = """worker,dept,salary,hired,remote,city
Ada,IT,70000,20180105,Yes,Rome
Bea,IT,50000,20190312,No,Rome
Cy,HR,40000,20180704,Yes,Bonn
Dan,HR,30000,20200920,No,Bonn
Eve,IT,60000,20211201,Yes,Bonn
"""

LIVES = """country,continent,1960,1990,2000
France,Europe,70,77,79
Germany,Europe,69,75,78
Japan,Asia,68,79,81
Chad,Africa,38,47,
"""

RAIN = "Year,Rainfall\n" + "".join(f"{year},{(year * 37) % 101 + 300}\n" for year in range(1990, 2010))
HARVEST = "YEAR,HARVEST\n" + "".join(f"{year},{(year * 53) % 17 + 3}.5\n" for year in range(1980, 2010))

_WRITTEN = {
    "staff.csv": STAFF,
    "party.csv": "table,smoker,tip\nA,Yes,3.5\nB,No,2\nC,No,1.25\nD,Yes,4\nE,No,2.75\n",
    "life expectancy.csv": LIVES,
    "rain.csv": RAIN,
    "harvest.csv": HARVEST,
    "messy.csv": MESSY,
    "orders.csv": DOLLARS,
    "odd.csv": ODD,
    "spaced.csv": SPACED,
    "customers.csv": CUSTOMERS,
    "purchases.csv": PURCHASES,
    "people.csv": PEOPLE,
    "formulas.csv": FORMULAS,
    "kasse.csv": BOOKS,
}


def content(name: str) -> bytes:
    return _WRITTEN[name].encode() if name in _WRITTEN else path_of(name).read_bytes()


def read_with(name: str) -> str:
    place = f"inputs/{name}"
    if name.endswith(".json"):
        return f"pd.read_json({place!r})"
    return f"pd.read_csv({place!r}, sep=';')" if name == "messy.csv" else f"pd.read_csv({place!r})"


def frame(name: str) -> pd.DataFrame:
    """The data set, read with pandas here."""
    source = io.BytesIO(content(name))
    if name.endswith(".json"):
        return pd.read_json(source)
    return pd.read_csv(source, sep=";" if name == "messy.csv" else ",")


def profile(frame: pd.DataFrame, expression: str) -> FileProfile:
    """A profile of a frame, in the form that an upload brings."""
    preview = tuple(tuple(str(value) for value in row) for row in frame.head(5).itertuples(index=False))
    columns = tuple(_column(frame[name]) for name in frame)
    return FileProfile(
        tables=(TableProfile(name="", rows=len(frame), columns=columns, read_with=expression, preview=preview),)
    )


def _column(values: pd.Series) -> ColumnProfile:
    present = values.dropna()
    if present.empty:
        kind = "empty"
    elif pd.api.types.is_bool_dtype(values):
        kind = "boolean"
    elif pd.api.types.is_integer_dtype(values):
        kind = "integer"
    elif pd.api.types.is_numeric_dtype(values):
        kind = "number"
    elif pd.api.types.is_datetime64_any_dtype(values) or _iso(present):
        kind = "date"
    else:
        kind = "category" if present.nunique() <= 20 else "text"
    ranged = kind in {"integer", "number", "date"}
    return ColumnProfile(
        name=str(values.name),
        kind=kind,
        missing=int(values.isna().sum()),
        distinct=int(present.nunique()),
        minimum=str(present.min()) if ranged else None,
        maximum=str(present.max()) if ranged else None,
        samples=tuple(str(value) for value in present.unique()[:12]),
    )


def _iso(present: pd.Series) -> bool:
    return bool(present.astype(str).str.match(r"^\d{4}-\d\d-\d\d").all())


def briefing(name: str, made: FileProfile) -> str:
    """The block that announces a file in a message."""
    entry = {"name": name, "path": f"inputs/{name}", "profile": made.model_dump(mode="json")}
    return "<files>" + json.dumps([entry]).replace("<", "\\u003c") + "</files>\n\n"

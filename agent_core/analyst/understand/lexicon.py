"""Words that the rules know."""

from agent_core.analyst.query import Aggregation
from agent_core.analyst.schema.words import stem
from agent_core.analyst.understand.adjectives import BASES, EXTREMES, HIGHEST, LOWEST


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


AGGREGATIONS: dict[str, Aggregation] = {
    "total": "sum",
    "totals": "sum",
    "sum": "sum",
    "summed": "sum",
    "overall": "sum",
    "altogether": "sum",
    "combined": "sum",
    "average": "mean",
    "averages": "mean",
    "avg": "mean",
    "mean": "mean",
    "typical": "median",
    "typically": "median",
    "median": "median",
    "minimum": "min",
    "min": "min",
    "least": "min",
    "fewest": "min",
    "maximum": "max",
    "max": "max",
    "most": "max",
    "best": "max",
    "worst": "min",
    "deviation": "std",
    "std": "std",
    **dict.fromkeys(sorted(HIGHEST), "max"),
    **dict.fromkeys(sorted(LOWEST), "min"),
}

SUPERLATIVES = {word for word, how in AGGREGATIONS.items() if how in {"min", "max"}} - {
    "minimum",
    "min",
    "maximum",
    "max",
}
"""Words that ask for an extreme without saying of which figure of a group."""

_WOMEN = frozenset({"woman", "women", "female", "girl", "lady"})
_MEN = frozenset({"man", "men", "male", "boy", "gentleman"})
SEXES = {"female": _WOMEN - {"female"}, "f": _WOMEN, "male": _MEN - {"male"}, "m": _MEN}
"""Other words for the values of a column of sexes."""

MEASURED_BY = {
    **BASES,
    **EXTREMES,
    "weigh": "weight",
    "weighs": "weight",
    "weighed": "weight",
    "aged": "age",
    "sold": "quantity",
    "selling": "quantity",
    "earn": "salary",
    "earning": "salary",
    "earns": "salary",
    "paid": "salary",
    "lasted": "duration",
    "lasting": "duration",
    "cost": "price",
    "costs": "price",
}
"""Adjectives and verbs, and the kind of column that they speak of."""

_SYNONYMS = """
    revenue sales turnover income amount earnings proceeds
    revenue sales turnover takings bill
    spend spending spent expense expenditure amount
    price cost fare fee charge
    quantity units unit qty volume pieces
    weight mass wt
    customer client buyer
    product item article sku
    region area territory zone
    country nation origin
    sex gender
    date datetime timestamp
    age old
    temperature temp
    precipitation rain rainfall
    company manufacturer maker brand firm vendor
    category type kind class segment
    salary wage pay income
    mpg economy consumption mileage fuel gas
    horsepower power hp
    profit margin
    rating score stars
    city town
    location place site
    duration length yrs years
    distance miles
    order purchase transaction
    employee staff worker
    department dept team division
    unemployment unemp joblessness
    population pop inhabitants people
    weather conditions
    size party guests people headcount members
    votes ballots
    staff personnel
    area surface
    stock symbol ticker share
    company symbol ticker
    latitude lat
    longitude lon lng
    death die died dying fatality killed
    winner win won victor
    cylinder cyl
"""

SYNONYMS = tuple(frozenset(stem(word) for word in line.split()) for line in _SYNONYMS.strip().splitlines())
"""Words that name the same kind of column, a group a line."""

ROW_NOUNS = words(
    """
    people person individual row record entry observation item case data point sample example patient respondent
    participant passenger traveller traveler student pupil voter interviewee measurement
    victim subject applicant resident
    """
)

FILLER = words(
    """
    a about above absent according across actually affect affects after again against all also am among amount
    amounts an analyse analysis analyze and annual annually answer any anything appear appears are area aren't
    around as asc ascending associated association at average axis bad bar based basic be been before begin
    beginning being belong belongs below better between big bigger blank both bottom bought box boxplot break
    breakdown bring brings broken brought build but buy by calc calculate called can change changed changes chart
    charts check clean cleaned color colored colour coloured column columns combined come comes common compare
    compared comparing comparison complete compute connection contain containing contains copy correlate
    correlated correlates correlation correlations could count counting counts create cross crosstab csv currently
    d daily data dataset datasets date dates day days depend depends desc descending describe descriptive
    determine develop developed development diagram did didn't differ difference differences different display
    distinct distributed distribution do does doesn't don't done down download draw duplicate duplicated
    duplicates during each earliest earned either empty end ended ending entire equal equals ever every everything
    evolution evolve evolved examine excel exist existing exists explain export fall falls false far few fewer
    field fields figure figures file files find first for format fraction frequencies frequency frequent from full
    general generate generated generates get give go goes going good got graph graphs greater grew group grouped
    grouping groups grow grows growth had happen happened happens has have having head heat heatmap hello here hey
    hi high higher histogram histograms history horizontal hour hours how i i'd i'm if in include includes
    including individual influence influences insight insights instead interesting into is isn't it it's its json
    just kind kindly kinds know label large larger last latest least legend less let level levels like line linear
    list live lived lives living ll log logarithmic long look looking looks low lower made make makes making many
    matrix may maybe me mean measured median metric metrics might mine missing month monthly months more most much
    must my named nan need next no normally not now null nulls number numbers observed occur occurred of off often
    ok okay on one ones only onto or order ordered other our out outlier outliers over overall overview parquet
    pattern patterns per per-group per-year percent percentage perform performed performing performs pie pivot
    placed please plot plots pls popular possibly present preview previous print proportion quality quarter
    quarterly quarters question random randomly range rank ranked ranking rate ratio re really recent recorded
    relate related relates relation relationship respect result results right s same sampled save scale scatter
    scatterplot see seem seems segmented sell sells separately set sets several shall share sheet short should
    show side since small smaller so some something sort sorted split spread spreadsheet stacked start statistic
    statistics stats stay stayed stays still store such sum summarise summarize summary t tab table tables tail
    tell term terms than thank thanks that the their them then there there's these they thing things this those
    three time timeline title to together too top total trend trends true two type typical typically under
    understand unique until up us use used using usually value values variable variables variation varied varies
    vary version versus vertical very view violin visualise visualize vs want was wasn't way ways we week weekday
    weekdays weekly weeks well were weren't what what's when where which who whole whom whose why will with within
    without worse would write xlsx
    per-capita measure measures record records sample sampled sampling take takes took taken altogether ever whats
    hows wheres whos gimme lets let's us mean means exactly roughly approximately approx quickly simply really
    file's table's work works working figure number's each's single various respective given available present
    world worldwide global globally entire everywhere nationwide collected collect contains there's won't can't
    cannot haven't hasn't hadn't aren't weren't wouldn't couldn't shouldn't he she him her his hers himself herself
    ago yet already once else instead rather both either neither nor such own same too very quite almost nearly
    put puts idea interested wonder wondering curious
    gave gives given produced produces producing produce achieved achieve achieves reached reach reaches received
    receive receives brought came come went turned hold holds held kept lies lay saw seen ran run runs spent
    problem problems gap gaps hole holes error errors issue issues mistake mistakes quality move moves moving closely
    tandem step trending trended cast per-cent rather did turn
    survey study studies part parts counted counts factor factors indicator indicators characteristic characteristics
    property properties measurement measurements
    link links linked try tries tried test tested
    cover covers covered
    anyone anybody someone somebody everybody nobody quick
    along fell fallen get gets got getting
    excluding exclude excluded except omit omitting ignore ignoring leaving minus plus others trouble bother favour
    favor gone cell cells quartile quartiles percentile percentiles skewed skew
    appreciate grateful sorry wondered
    listed mentioned represented
    chosen picked selected preferred occurring observed longer
    due simple brief briefly picture visual visually visualization
 year yearly years yes you your
    """
)
"""Words that carry nothing which the rules have not read already."""

VERBS = words(
    """
    attract blow burn buy carry catch climb collect complete consume cover die drink drive eat emit
    employ export feed finish fly generate harvest hit host import invest kill land leave lift lose move order own play
    print produce publish pull push record release ride sail score serve ship shoot sleep smoke spend study swim
    throw travel use visit vote walk watch win work yield
    """
)
"""What is done of a figure that is named: "in which year did people drive the most miles"."""

DONE = words(
    """
    laid driven flown eaten drunk ridden swum thrown shown
    attracted blew bought burned burnt carried caught climbed collected completed consumed covered died
    drank drove ate emitted employed exported finished flew generated harvested hit imported invested killed landed
    lifted lost moved ordered owned played printed produced published pulled pushed recorded released rode sailed
    scored sold served shipped shot slept smoked spent studied swam threw travelled traveled visited voted walked
    watched won worked yielded
    """
)
"""What was done of a figure that is named: "which council voted yes the most"."""

SIZES = ("size", "party", "guests", "members", "people", "persons", "headcount")
"""Kinds of columns that say how many people a row stands for."""

NUMBER_WORDS = {
    "zero": 0,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
}

_MONTHS = """
    january jan
    february feb
    march mar
    april apr
    may
    june jun
    july jul
    august aug
    september sep sept
    october oct
    november nov
    december dec
"""

MONTHS = {name: number for number, line in enumerate(_MONTHS.strip().splitlines(), start=1) for name in line.split()}

NOT_ALONE = (
    FILLER
    | set(AGGREGATIONS)
    | {stem(word) for word in FILLER}
    | set(NUMBER_WORDS)
    | {"id", "name", "row", "record", "entry", "plus", "minus"}
)
"""Words that name a column only where they are its whole name."""

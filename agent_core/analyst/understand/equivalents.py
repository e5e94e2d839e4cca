"""Names of one thing: weekdays, months, states and countries in the forms in which data and people write them."""

from functools import cache

_WEEKDAYS = """
    monday, mon, mo; tuesday, tue, tues, tu; wednesday, wed, we; thursday, thu, thur, thurs, th
    friday, fri, fr; saturday, sat, sa; sunday, sun, su
"""

_MONTHS = """
    january, jan; february, feb; march, mar; april, apr; june, jun; july, jul
    august, aug; september, sep, sept; october, oct; november, nov; december, dec
"""

_STATES = """
    alabama, al; alaska, ak; arizona, az; arkansas, ar; california, ca; colorado, co; connecticut, ct; delaware, de
    florida, fl; georgia, ga; hawaii, hi; idaho, id; illinois, il; indiana, in; iowa, ia; kansas, ks; kentucky, ky
    louisiana, la; maine, me; maryland, md; massachusetts, ma; michigan, mi; minnesota, mn; mississippi, ms
    missouri, mo; montana, mt; nebraska, ne; nevada, nv; new hampshire, nh; new jersey, nj; new mexico, nm
    new york, ny; north carolina, nc; north dakota, nd; ohio, oh; oklahoma, ok; oregon, or; pennsylvania, pa
    rhode island, ri; south carolina, sc; south dakota, sd; tennessee, tn; texas, tx; utah, ut; vermont, vt
    virginia, va; washington, wa; west virginia, wv; wisconsin, wi; wyoming, wy; district of columbia, dc
"""

_COUNTRIES = """
    usa, us, u.s., united states, united states of america, america, american, americans; europe, european, europeans
    uk, gb, united kingdom, great britain, britain, british, brits; germany, de, deu, german, germans
    france, fr, fra, french; italy, it, ita, italian, italians; spain, es, esp, spanish; portugal, pt, portuguese
    netherlands, nl, holland, dutch; belgium, be, belgian; switzerland, ch, swiss; austria, at, austrian
    sweden, se, swedish; norway, no, norwegian; denmark, dk, danish; finland, fi, finnish; ireland, ie, irish
    poland, pl, polish; russia, ru, russian; greece, gr, greek; turkey, tr, turkish; japan, jp, jpn, japanese
    china, cn, chn, chinese; india, in, ind, indian; south korea, korea, kr, korean; brazil, br, bra, brazilian
    mexico, mx, mex, mexican; canada, ca, can, canadian; australia, au, aus, australian; argentina, ar, argentinian
    africa, african; asia, asian; south africa, za, south african; egypt, eg, egyptian; israel, il, israeli
"""

_COMPANIES = """
    aapl, apple; amzn, amazon; googl, goog, google, alphabet; msft, microsoft; meta, fb, facebook; nflx, netflix
    tsla, tesla; nvda, nvidia; intc, intel; orcl, oracle; csco, cisco; adbe, adobe; dis, disney; ko, coca cola
"""

_ANSWERS = "yes, y, true, ja; no, n, false, nein"


def _groups(*texts: str) -> tuple[frozenset[str], ...]:
    parts = [part for text in texts for line in text.strip().splitlines() for part in line.split(";")]
    return tuple(frozenset(name.strip() for name in part.split(",")) for part in parts)


_GROUPS = _groups(_WEEKDAYS, _MONTHS, _STATES, _COUNTRIES, _COMPANIES, _ANSWERS)
_SHORTEST_SPOKEN = 3


@cache
def written_as(spoken: str) -> frozenset[str]:
    """Other forms in which data may hold what a person calls so, in lower case."""
    names = frozenset().union(*(group for group in _GROUPS if spoken in group and len(spoken) >= _SHORTEST_SPOKEN))
    return names - {spoken}


@cache
def spoken_as(value: str) -> frozenset[str]:
    """What a person may call a value, in lower case; short forms only where they are the value itself."""
    names = frozenset().union(*(group for group in _GROUPS if value in group))
    return frozenset(name for name in names - {value} if len(name) >= _SHORTEST_SPOKEN)

"""Moments as the person's own clock shows them."""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def zone() -> tzinfo:
    """The browser's time zone, or UTC where it names none that is known here."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def local(moment: datetime) -> datetime:
    """The same moment on the person's clock."""
    return moment.astimezone(zone())


def shown(moment: datetime) -> str:
    """A moment to the minute, as in `3 Nov 2026, 08:05`."""
    there = local(moment)
    return f"{day(there.date())}, {there:%H:%M}"


def day(value: date) -> str:
    """A day, as in `3 Nov 2026`."""
    return f"{value.day} {value:%b %Y}"

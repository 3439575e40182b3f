"""Dates and years of release in the notations of many catalogues and languages."""

from pipeline.sources.parsing.dates.release import date, date_order, prefers_day_first
from pipeline.sources.parsing.dates.years import year

__all__ = ["date", "date_order", "prefers_day_first", "year"]

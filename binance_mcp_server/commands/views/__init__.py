"""The membrane between records and what a model reads: digits without trailing zeros, ISO times, named columns."""

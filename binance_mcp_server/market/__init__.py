"""Pure market logic: times, intervals, names, candles, books, rules and rankings. No I/O, no clock."""

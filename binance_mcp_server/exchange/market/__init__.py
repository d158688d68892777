"""The market as it stands: books, trade tape, candles and tickers, all following from the same frames."""

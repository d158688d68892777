"""What Binance sends, as frozen records that keep the venue's own digits."""

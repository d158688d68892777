"""What it costs, as ratios: each module measures one thing beside its yardstick, in one run. ``make bench``."""

"""The exchange's HTTP side: who may ask, what is answered, and how it travels."""

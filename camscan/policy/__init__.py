"""Rules as values and the pure engine that judges an identified asset by them."""

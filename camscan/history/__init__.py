"""Devices over time: which device of a run is one that is known, what became different, and because of what. Pure."""

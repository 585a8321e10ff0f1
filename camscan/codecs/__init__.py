"""Bytes in, values out: no codec opens, waits, logs or reads a clock."""

"""Locate, read and validate the files under fingerprints/; the only room that imports pydantic."""

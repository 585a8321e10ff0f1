"""The lab's own tests use the segment."""

from tests.lab.fixtures import segment, truth

__all__ = ["segment", "truth"]

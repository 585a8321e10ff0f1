"""camscan: the cameras on a network segment, who made them, which rule covers them and why."""

__version__ = "0.1.0"

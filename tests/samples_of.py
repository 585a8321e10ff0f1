"""Where tests find what the project ships."""

from pathlib import Path

CAPTURE = Path(__file__).parents[1] / "camscan" / "cli" / "demo.pcap"

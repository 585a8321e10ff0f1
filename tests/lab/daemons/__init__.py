"""Real daemons of Debian that stand on the segment as peers: each in the namespaces of its own device."""

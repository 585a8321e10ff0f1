"""All I/O with the network: every collector, and the net they are given."""

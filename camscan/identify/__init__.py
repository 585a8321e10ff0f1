"""What a device is: compiled fingerprints, the engine that weighs evidence, and the OUI registry."""

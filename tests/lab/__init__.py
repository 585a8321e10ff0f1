"""A simulated segment: devices in network namespaces that answer with the wire bytes of real cameras. May not import camscan."""

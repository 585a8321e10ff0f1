"""One simulator a protocol; each is a declarative dataclass with `async start(place)` and builds its bytes by itself."""

"""The devices of the segment, by maker; `tests.lab.roster` lists them all."""

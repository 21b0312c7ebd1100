"""Time and memory of every stage, printed as ratios. Nothing here is asserted: machines differ, and a slow one is no bug."""

"""The source paper's work done again: its bone methods compared on the same pictures."""

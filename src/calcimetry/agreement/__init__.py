"""How well measurements agree: with the truth, with each other, between patients.

Pure functions of arrays. A difference is a - b throughout, an interval is a 95% interval, and
`docs/measurements.md` defines each number. What the values cannot support is refused by name.
"""

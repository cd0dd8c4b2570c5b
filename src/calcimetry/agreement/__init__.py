"""How well measurements agree: with the truth, with each other, between patients."""

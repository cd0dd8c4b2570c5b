"""How much of each phalanx an image shows, and what hides the rest."""

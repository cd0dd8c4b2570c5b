"""The simulator: pictures whose truth is known."""

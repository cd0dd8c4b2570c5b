"""Measure calcinosis cutis in CT of the hand."""

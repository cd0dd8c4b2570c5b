"""From lesions to numbers."""

"""Whether an image can be of a finger or a hand, and what about it gives reason to doubt."""

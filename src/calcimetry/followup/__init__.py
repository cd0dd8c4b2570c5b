"""The same lesions at a later visit: where they are, and what has become of them."""

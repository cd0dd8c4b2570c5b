"""Where the hands of a volume lie, which bone is which, and how to see each finger straight on."""

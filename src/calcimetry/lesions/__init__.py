"""From image and bone evidence to lesions: subtract the bone, grow what is left."""

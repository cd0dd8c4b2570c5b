"""Training of the shipped networks on simulated fingers. Needs the extra ``train``."""

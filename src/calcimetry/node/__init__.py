"""The DICOM node: receives studies, measures them, sends the results. Needs the extra ``node``."""

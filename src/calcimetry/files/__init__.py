"""Reading and writing files that are no DICOM: pictures and tables."""

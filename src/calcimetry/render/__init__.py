"""Results to look at: annotated pictures and the report page."""

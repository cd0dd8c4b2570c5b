"""Pictures and pages for people: overlays and the HTML report."""

"""The HTML report, and the HTML page of a dataset's faults."""

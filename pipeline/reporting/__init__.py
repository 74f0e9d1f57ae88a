"""The report: one page that opens offline, from files alone; TensorFlow is never imported here."""

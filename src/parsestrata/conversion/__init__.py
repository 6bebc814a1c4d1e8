"""One result or many -> chunks with a report: what every adapter runs."""

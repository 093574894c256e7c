"""A whole class: taking it in, grading it, keeping and handing back the results."""

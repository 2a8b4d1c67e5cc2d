"""`./kontor bench`: what a live read costs, against references measured in the same run."""

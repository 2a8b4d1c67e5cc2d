"""The schedule of calls over real processes: that it keeps to the limit, and how much of it it uses."""

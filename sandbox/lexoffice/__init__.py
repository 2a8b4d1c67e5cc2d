"""The twin: an emulator of the Lexware Office API, written from the vendor's documentation alone.

Its core is a state machine without I/O that takes its clock and its ids as arguments (`twin.Twin`);
HTTP is a shell around it (`app.create_app`). README.md tells what is measured, documented and guessed.
"""

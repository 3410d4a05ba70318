"""The bench: what the site does with messages, beside what others do with the same. `python -m bench --help`, or `make bench`."""

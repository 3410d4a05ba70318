"""Faults, injected into real processes: people who chat at random while the site and the network are made to fail, and a verdict on what is left.

`python -m tests.faults --seconds 600 --seed 7` (or `make faults`). What happens when, and what everybody does, follows from the seed.
"""

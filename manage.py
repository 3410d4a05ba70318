#!/usr/bin/env python
"""Django's command line. Commands that serve run on eventlet, so it patches the standard library before anything else."""

import gc
import sys

# What is imported stays: to look for garbage among it, again and again, was a sixth of what starting takes.
gc.set_threshold(50_000, 20, 50)

SERVING = {"runserver", "serve"}

if len(sys.argv) > 1 and sys.argv[1] in SERVING:
    from chatsite import green

    green.patch()

import os

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    execute_from_command_line(sys.argv)

"""Settings of the two Django peers: nothing but one table, in SQLite with WAL and synchronous=NORMAL. BENCH_DATABASE names the file."""

import os

SECRET_KEY = "bench"  # signs nothing
DEBUG = False
USE_TZ = True
INSTALLED_APPS = ["board"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["BENCH_DATABASE"],
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
}
# By default a layer drops what passes 100 waiting messages a channel; here nothing may be lost.
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 100_000}}}

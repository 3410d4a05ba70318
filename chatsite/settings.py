"""Every setting of the site, read once from the environment or `.env` (see `.env.example`). Nothing else reads the environment.

Each has a default that serves someone who has just cloned the project. `docs/configuration.md` lists them; a test holds the two together.
"""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF

from chatsite import green, pooling
from chatsite.secret import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

# Where things are kept: database, uploads, collected static files, the secret key.
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / "var").absolute()
DATA_DIR.mkdir(parents=True, exist_ok=True)

# Where the server listens, unless the command line says otherwise.
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_key(DATA_DIR / "secret_key")

# The names this site answers to, and whether a proxy that speaks TLS stands before it.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
BEHIND_TLS = env.bool("BEHIND_TLS", default=False)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The key that the first-run page of a new site asks for; without one the serving command makes it, where it listens beyond loopback.
FIRST_RUN_KEY = env.str("FIRST_RUN_KEY", default="")

INSTALLED_APPS = [
    "chatsite.apps.ChatsiteConfig",
    "rooms",
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "chatsite.apps.ChatAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "chatsite.headers.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chatsite.uploads.GZipMiddleware",  # pads its answers at random against BREACH
    "chatsite.headers.PolicyMiddleware",
    "accounts.middleware.RotationMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.SeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.TwoFactorMiddleware",
    "chatsite.uploads.CutOffMiddleware",
]

ROOT_URLCONF = "chatsite.urls"
WSGI_APPLICATION = "chatsite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "chatsite.folding.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.site",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------------------------------------------

EMBEDDED_DATABASE = f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
DATABASE_URL = env.str("DATABASE_URL", default="") or EMBEDDED_DATABASE
# The database that comes with the site is migrated when the server starts; any other only by `manage.py migrate`.
DATABASE_IS_EMBEDDED = DATABASE_URL == EMBEDDED_DATABASE
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
# NORMAL outlives any crash of the process; FULL also a loss of power, at the price of an fsync a commit.
SQLITE_SYNCHRONOUS = env.str("SQLITE_SYNCHRONOUS", default="NORMAL")
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"] |= {
        "ENGINE": "chatsite.backends.sqlite3",
        "TEST": {
            "NAME": DATA_DIR / "test.sqlite3"
        },  # a file: threads lock an in-memory database otherwise than a real one
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": env.float("SQLITE_TIMEOUT", default=20.0),
            # The log is written back by a thread of the server (checkpoints.py); where there is none, by who commits: it has 64 MB at most.
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={SQLITE_SYNCHRONOUS}; PRAGMA cache_size=-16000; "
            "PRAGMA wal_autocheckpoint=16000",
            # A request has a connection of its own; a few are kept for the next ones. Only one or two are at work at a time, whoever waits.
            "spares": 4 if green.is_patched else 0,
        },
    }
# What one process that serves has open to PostgreSQL at most: of those who ask more, the others wait. (Elsewhere one or two are all there is.)
DATABASE_CONNECTIONS = env.int("DATABASE_CONNECTIONS", default=20)
DATABASE_IS_POOLED = green.is_patched and "postgresql" in DATABASES["default"]["ENGINE"]
if DATABASE_IS_POOLED:
    green.patch_psycopg()
    pooling.check_together()
    pool = pooling.options(DATABASE_CONNECTIONS)
    DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {"pool": pool}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # after a restart of the database the pool is full of dead ones
# The broker that carries between several processes: Redis, or another that python-socketio knows. None: there is one process.
REDIS_URL = env.str("REDIS_URL", default="")
BROKER = env.str("MESSAGE_QUEUE_URL", default="") or REDIS_URL
# What the processes of this site call theirs on it.
MESSAGE_QUEUE_CHANNEL = env.str("MESSAGE_QUEUE_CHANNEL", default="chatsite")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where failed sign-ins are counted. Large enough that nobody pushes the count of their own out with those of made-up addresses.
CACHES: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
# All processes count together where there is a Redis, be it the broker or not.
if COUNTED_AT := REDIS_URL or (BROKER if BROKER.startswith(("redis://", "rediss://")) else ""):
    CACHES["default"] |= {
        "BACKEND": "chatsite.backends.redis.SharedCache",
        "LOCATION": COUNTED_AT,
        "KEY_PREFIX": MESSAGE_QUEUE_CHANNEL,
    }

# --- People -----------------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["chatsite.hashers.OffloadedArgon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "handle", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["chatsite.identity.Backend"]
SESSION_ENGINE = "chatsite.identity"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "signup": "accounts.forms.SignupForm",
    "login": "accounts.forms.LoginForm",
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# A new address asks for the password; a new password or address is told by mail.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Not by a code by mail, too: who reads along in a mailbox has not shown who they are.
ACCOUNT_REAUTHENTICATION_METHODS = {"password", "mfa"}
ACCOUNT_EMAIL_NOTIFICATIONS = True
# The second factor: an app, passkeys (which sign in alone, too), codes on paper that are shown once.
MFA_ADAPTER = "accounts.two_factor.Adapter"
MFA_FORMS = {
    "authenticate": "accounts.two_factor_forms.AuthenticateForm",
    "reauthenticate": "accounts.two_factor_forms.ReauthenticateForm",
    "activate_totp": "accounts.two_factor_forms.ActivateTOTPForm",
    "add_webauthn": "accounts.two_factor_forms.AddWebAuthnForm",
    "authenticate_webauthn": "accounts.two_factor_forms.AuthenticateWebAuthnForm",
    "reauthenticate_webauthn": "accounts.two_factor_forms.ReauthenticateWebAuthnForm",
    "login_webauthn": "accounts.two_factor_forms.LoginWebAuthnForm",
    "edit_webauthn": "accounts.two_factor_forms.EditWebAuthnForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # a clock half a minute off (RFC 6238, 5.2)
# A site without mail has no confirmed addresses; who is locked out by a stranger's factor asks an administrator.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Beside allauth's own limits, which stay on.
ACCOUNT_RATE_LIMITS = {
    "first_run": "10/m/ip",
    "avatar": "10/m/user",
    "login": env.str("SIGN_IN_LIMIT", default="300/m/ip"),
    "login_failed": env.str("SIGN_IN_FAILED_LIMIT", default="60/m/ip,5/300s/key"),
    "signup": env.str("SIGN_UP_LIMIT", default="60/m/ip"),
}
# Allauth's ten a minute would keep an office out that comes in by passkeys: there is nothing to guess in them.
MFA_RATE_LIMITS = {"webauthn_login": ACCOUNT_RATE_LIMITS["login"]}
# Proxies before us whose X-Forwarded-For is believed: without it everybody behind nginx would share one limit.
TRUSTED_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=1 if BEHIND_TLS else 0)
# How long a browser stays signed in, in days.
SESSION_COOKIE_AGE = 86_400 * env.int("SESSION_DAYS", default=60)
# "mandatory" asks new people to confirm their e-mail before they come in; "optional" only sends the link.
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="optional")
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if BEHIND_TLS else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

# Where mail goes: smtp://user:password@host:587, smtps://..., or the console.
EMAIL_URL = env.str("EMAIL_URL", default="consolemail://")
vars().update(environ.Env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = 10  # seconds: a dead mail server must not hold a sign-up
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Chatsite <chat@localhost>")

# --- Chat -------------------------------------------------------------------------------------------------------------------------

# The longest message, in characters.
MAX_BODY = env.int("MAX_BODY", default=10_000)
# The largest file that may be sent along, in bytes; files with one message; pixels of an image, all its frames together.
MAX_FILE = env.int("MAX_FILE", default=25_000_000)
MAX_FILES = env.int("MAX_FILES", default=10)
MAX_PIXELS = env.int("MAX_PIXELS", default=60_000_000)
# Behind nginx: the internal location of MEDIA_ROOT (deploy/nginx.conf). We decide who may have a file, nginx sends it.
ACCEL_REDIRECT = env.str("ACCEL_REDIRECT", default="")
# Messages on a page of history, and changes in one answer to `sync`.
PAGE_SIZE = env.int("PAGE_SIZE", default=50)
SYNC_LIMIT = env.int("SYNC_LIMIT", default=200)
# A client further behind than this many changes gets the latest page instead of the changes.
SYNC_RESET = env.int("SYNC_RESET", default=2_000)
# How often it is looked whether all who are connected still may be, in seconds: for what another process changed.
# Three rounds are less than the half minute that SECURITY.md promises: who has just come is looked at in the next one, and again in that after it.
EXAMINE_EVERY = env.float("EXAMINE_EVERY", default=8.0)
# How long a person may be away, in seconds, before the room hears that they left.
PRESENCE_GRACE = env.float("PRESENCE_GRACE", default=5.0)
# In a room with more people online than this, comings and goings are a count, not a notice each.
PRESENCE_CROWD = env.int("PRESENCE_CROWD", default=200)
# What a person may do: a burst, and then so many a second. Messages; edits and deletions; reactions and pins.
MESSAGE_BURST = env.int("MESSAGE_BURST", default=60)
MESSAGE_RATE = env.float("MESSAGE_RATE", default=10.0)
EDIT_BURST = env.int("EDIT_BURST", default=60)
EDIT_RATE = env.float("EDIT_RATE", default=10.0)
REACTION_BURST = env.int("REACTION_BURST", default=60)
REACTION_RATE = env.float("REACTION_RATE", default=10.0)
# Signs of typing; rooms joined, made, or opened with somebody; files sent ahead.
TYPING_BURST = env.int("TYPING_BURST", default=30)
TYPING_RATE = env.float("TYPING_RATE", default=3.0)
JOIN_BURST = env.int("JOIN_BURST", default=60)
JOIN_RATE = env.float("JOIN_RATE", default=1.0)
UPLOAD_BURST = env.int("UPLOAD_BURST", default=100)
UPLOAD_RATE = env.float("UPLOAD_RATE", default=2.0)
# All other events of a person, together, and requests of the JSON API.
EVENT_BURST = env.int("EVENT_BURST", default=200)
EVENT_RATE = env.float("EVENT_RATE", default=50.0)
# All of these, from one address: what so many people may do; 0 does not count addresses.
ADDRESS_PEOPLE = env.int("ADDRESS_PEOPLE", default=50)
# Connections at a time: sockets of a person; from an address, sockets and HTTP connections, each; 0 does not count them.
SOCKETS_PER_USER = env.int("SOCKETS_PER_USER", default=100)
CONNECTIONS_PER_ADDRESS = env.int("CONNECTIONS_PER_ADDRESS", default=3_000)
# HTTP requests one server process works on at a time (long polls included, WebSockets not).
MAX_REQUESTS = env.int("MAX_REQUESTS", default=10_000)
# Greenlets that answer socket events, each with a database connection of its own while it is busy.
WORKERS = env.int("WORKERS", default=64)
# How long a stopping server gives its clients and unfinished work, in seconds.
STOP_TIMEOUT = env.float("STOP_TIMEOUT", default=10.0)

# Who may read /metrics: whoever has this token; without one, programs on this machine.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- Languages and times ----------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
# By the browser's wish, or by choice: what chatsite/locale has, each under its own name.
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "chatsite" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

# --- Static files -----------------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))).absolute()
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "chatsite.assets.NpmFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatsite.assets.AssetStorage"},
}
# Files of node_modules that browsers get, by the name they are served under.
NPM_FILES = {
    f"npm/socket.io-client/{name}": BASE_DIR / "node_modules/socket.io-client/dist" / name
    for name in ("socket.io.esm.min.js", "socket.io.esm.min.js.map")
} | {
    # Names of emoji, as people know them from GitHub.
    "npm/emoji/en.json": BASE_DIR / "node_modules/emoji-picker-element-data/en/github/data.json",
}
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_USE_FINDERS = True

MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "media/"
# Files come in beside where they stay: keeping one is a rename.
FILE_UPLOAD_TEMP_DIR = MEDIA_ROOT / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
FILE_UPLOAD_HANDLERS = ["chatsite.uploads.BoundedUpload"]
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_FILES

# --- The browser's side of safety -------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["chatsite"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    # No other name of the domain, and no page without TLS, can set them (RFC 6265bis, 4.1.3.2).
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=True)

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- Log --------------------------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
# "line" is for people; "json" an object a line, with the request or socket that it is about.
LOG_FORMAT = env.str("LOG_FORMAT", default="line")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"class": "chatsite.logs.Line", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "chatsite.logs.JsonLines"},
    },
    "filters": {"one_line": {"()": "chatsite.logs.OneLine"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        "one_line": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["one_line"]},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "chatsite": {"level": LOG_LEVEL},
        "rooms": {"level": LOG_LEVEL},
        "accounts": {"level": LOG_LEVEL},
        "django.server": {"level": "INFO"},
        "django.request": {"level": "ERROR"},  # 4xx are in the access log
        "django.security": {"handlers": ["one_line"], "propagate": False},
    },
}

SILENCED_SYSTEM_CHECKS: list[str] = []

"""Every setting that settings.py reads is documented, with the default it really has, in docs/configuration.md and .env.example."""

import ast
import re

from tests.docs.blocks import ROOT

SETTINGS = ROOT / "chatsite/settings.py"
TABLE = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
EXAMPLE = re.compile(r"^# ([A-Z_]+)=([^#\n]*)", re.MULTILINE)


def read_by_the_code() -> dict[str, object]:
    """Each setting with its default; None where that is not a literal."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse(SETTINGS.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")),
                args=[ast.Constant(value=str() as name)],
                keywords=keywords,
            ):
                [default] = [keyword.value for keyword in keywords if keyword.arg == "default"]
                try:
                    found[name] = ast.literal_eval(default)
                except ValueError:
                    found[name] = None
    return found


def written(default: object) -> str:
    """A default as one writes it in `.env`."""
    match default:
        case bool():
            return str(default).lower()
        case list():
            return ",".join(default)
        case float():
            return f"{default:g}"
        case _:
            return str(default)


def test_every_setting_is_in_the_table_and_no_other() -> None:
    table = {name for name, *_ in TABLE.findall((ROOT / "docs/configuration.md").read_text())}
    assert table == read_by_the_code().keys()


def test_every_setting_is_in_the_example_and_no_other() -> None:
    example = [name for name, _ in EXAMPLE.findall((ROOT / ".env.example").read_text())]
    assert sorted(example) == sorted(read_by_the_code())


def test_the_defaults_are_those_of_the_code() -> None:
    table = {name: default for name, default, *_ in TABLE.findall((ROOT / "docs/configuration.md").read_text())}
    example = dict(EXAMPLE.findall((ROOT / ".env.example").read_text()))
    literal = {name: written(value) for name, value in read_by_the_code().items() if value not in (None, "", [])}
    assert len(literal) > 25
    assert {name: table[name].strip("`") for name in literal} == literal
    assert {name: example[name].strip() for name in literal} == literal


def test_nothing_but_the_settings_reads_the_environment() -> None:
    # To set something in it, or to hand it on to a child process as it is, is not to read it.
    reads = re.compile(r"(?<!\*\*)os\.environ(?!\.setdefault)|os\.getenv|environ\.Env\(")
    own = [path for app in ("chatsite", "accounts", "rooms") for path in (ROOT / app).rglob("*.py") if path != SETTINGS]
    assert [str(path) for path in own if reads.search(path.read_text())] == []

"""What a template says whatever it is asked is drawn once (chatsite/folding.py), and is what Django would have drawn."""

from typing import Any

import pytest
from django.template import Context, Engine, Template
from django.utils import translation

from chatsite.folding import Folded, Loader

PAGES = {
    "whole.html": """{% extends 'base.html' %}{% load i18n %}
        {% block main %}<b>{% translate 'Rooms' %}</b> {{ name }}{% include 'part.html' %}{% endblock %}""",
    "base.html": """{% load i18n static %}
        <a href="{% url 'browse' %}" title="{% translate 'Menu' %}">{% static 'favicon.svg' %}</a>{% block main %}{% endblock %}""",
    "part.html": """{% load i18n %}
        {% if name %}{% translate 'Saved' %}: <i>{% url 'room' name %}</i>{% else %}<u>{% translate 'Threads' %}</u>{% endif %}
        {% for each in many %}{% translate 'New' %}{{ each }}{% empty %}{% translate 'Edit' %}{% endfor %}""",
    "mixed.html": """{% load i18n %}{% translate 'Menu' as said %}{{ said }}{% translate name %}
        {% language 'de' %}{% translate 'Rooms' %}{% include 'part.html' %}{% endlanguage %}
        {% translate 'Rooms' %}{% blocktranslate %}Rooms{% endblocktranslate %}{% translate 'Rooms'|upper %}""",
    "plain.txt": "{% autoescape off %}{% include 'quoted.txt' %}{% endautoescape %}",
    "quoting.html": "{% include 'quoted.txt' %}",
    "quoted.txt": """{% load i18n %}{% translate "Who is <not> here" %} {{ name }}""",
}
LIBRARIES = {"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"}
INNER = "django.template.loaders.locmem.Loader"


def engine(*loaders: Any) -> Engine:
    return Engine(loaders=loaders, libraries=LIBRARIES)


@pytest.mark.parametrize("page", PAGES)
def test_what_is_folded_is_what_django_draws(page: str) -> None:
    plain, folded = engine((INNER, PAGES)), engine(("chatsite.folding.Loader", [(INNER, PAGES)]))
    for language in ("en", "de", "ar", "en"):
        for asked in ({"name": "den"}, {"name": "den", "many": [1, 2]}, {"name": ""}):
            with translation.override(language):
                expected = plain.get_template(page).render(Context(asked))
                assert folded.get_template(page).render(Context(asked)) == expected


def test_words_and_addresses_that_are_always_the_same_are_one_piece() -> None:
    base = engine(("chatsite.folding.Loader", [(INNER, PAGES)])).get_template("base.html")
    assert [type(node).__name__ for node in base.nodelist] == ["LoadNode", "Folded", "BlockNode"]


def test_the_site_folds_its_templates() -> None:
    [loader] = Engine.get_default().template_loaders
    assert isinstance(loader, Loader)
    used: Template = Engine.get_default().get_template("rooms/_sidebar.html")
    assert used.nodelist.get_nodes_by_type(Folded)

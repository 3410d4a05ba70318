"""Fields that keep a value in one form."""

from typing import Any

from django.db import models

from accounts.names import tidy


class NameField(models.CharField):
    """What a person or a site is called, tidied (`accounts.names.tidy`) as it is validated."""

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        return tidy(super().clean(value, model_instance))

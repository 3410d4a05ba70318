"""A room can be marked unread: own messages above the mark are counted, to be left out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rooms", "0011_followers"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="own_above",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]

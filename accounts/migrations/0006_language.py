from django.db import migrations, models

import accounts.models.preferences


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_inviters")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                choices=accounts.models.preferences.languages,
                default="",
                max_length=10,
                verbose_name="language",
            ),
        ),
    ]

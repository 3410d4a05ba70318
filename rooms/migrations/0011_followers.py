"""Who follows a thread. Who wrote in one that there already is follows it, with all of it read."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Max


def follow_what_there_is(apps, schema_editor):
    Message = apps.get_model("rooms", "Message")
    Follower = apps.get_model("rooms", "Follower")
    Membership = apps.get_model("rooms", "Membership")
    threads = Message.objects.filter(thread__isnull=False).order_by("room_id", "thread")
    for found in threads.values("room_id", "thread").annotate(last=Max("seq"), at=Max("created_at")).iterator():
        room, root, last = found["room_id"], found["thread"], found["last"]
        wrote = Message.objects.filter(room_id=room).filter(models.Q(thread=root) | models.Q(seq=root))
        people = Membership.objects.filter(room_id=room, user__in=wrote.order_by().values("author"))
        Follower.objects.bulk_create(
            Follower(room_id=room, seq=root, user_id=user, last_read_seq=last, last_seq=last, answered_at=found["at"])
            for user in people.values_list("user", flat=True)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("rooms", "0010_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Follower",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField()),
                ("is_following", models.BooleanField(default=True, verbose_name="follows")),
                ("last_read_seq", models.BigIntegerField(default=0)),
                ("last_seq", models.BigIntegerField(default=0)),
                ("answered_at", models.DateTimeField()),
                (
                    "room",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="rooms.room",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "follower of a thread",
                "verbose_name_plural": "followers of threads",
                "indexes": [
                    models.Index(fields=["user", "-answered_at"], name="follower_by_user"),
                    models.Index(
                        condition=models.Q(("is_following", True), ("last_seq__gt", models.F("last_read_seq"))),
                        fields=["user", "room"],
                        name="follower_behind",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("room", "seq", "user"), name="one_follower_a_person"),
                ],
            },
        ),
        migrations.RunPython(follow_what_there_is, migrations.RunPython.noop),
    ]

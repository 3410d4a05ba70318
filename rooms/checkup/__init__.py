"""The doctor's knowledge: what must hold of the data whatever happens, how to see that it does not, and how to mend it.

Each room is examined under its lock, in one short transaction, so that a site that is in use may be examined, too. Invariants: a mend changes no
message's words and takes nothing away that somebody could see; done twice it is done once; what it changes of a message takes the room's
next version, so that whoever is connected hears of it with the next change.
"""

from rooms.checkup.finding import Finding
from rooms.checkup.rooms import examine_files, examine_rooms

__all__ = ["Finding", "examine_files", "examine_rooms"]

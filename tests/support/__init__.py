"""What the tests share: a real server process, a hand in its database, and clients that remember what they heard."""

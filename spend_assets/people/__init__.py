"""Commands on one person, each asked for and approved: reveal, me, erase. And how long things are kept (docs/person-commands.md)."""

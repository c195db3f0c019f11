"""Every failure a user can meet, with the exit code that the command line gives for it."""


class StudioError(Exception):
    """Base of all. The message is one line that names the bad value and the choices or the remedy."""

    exit_code = 1


class BadInput(StudioError):
    """The command or its configuration cannot be used; nothing was started or written."""

    exit_code = 2


class Stopped(StudioError):
    """Work stopped but nothing is lost; the message says how to resume."""

    exit_code = 1


class EngineFailed(StudioError):
    """One attempt of one take failed (crash, hang, no file, out of memory). The stage may try again."""


class Unverified(StudioError):
    """A film's content credentials do not hold: it is not what was signed, or nobody signed it."""


class Held(Stopped):
    """Another process makes this production now and holds its lock."""


class ScreenwriterFailed(Stopped):
    """The language model gave nothing usable after repairs and repeats; `studio resume` asks again."""


class DiskFull(Stopped):
    """Too little free space to publish a file safely."""

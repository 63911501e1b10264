"""The exceptions a user may see: one line each, saying what is wrong, where, and what to do."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every `comfymeter` command."""

    OK = 0
    ERROR = 1
    USAGE = 2
    GATE_BROKEN = 3
    NO_RUNS = 4


class ComfymeterError(Exception):
    """Base of all errors that end a command with a message instead of a traceback."""

    exit_code: int = ExitCode.ERROR


class SourceError(ComfymeterError):
    """A log cannot be read: missing, no permission, not text, empty, broken archive."""


class SettingsError(ComfymeterError):
    """A configuration file or a value in it cannot be used."""


class UsageError(ComfymeterError):
    """An argument or option makes no sense."""

    exit_code = ExitCode.USAGE


class NoRunsError(ComfymeterError):
    """The log was read but holds no run."""

    exit_code = ExitCode.NO_RUNS


class NoTimesError(ComfymeterError):
    """No run has a date and time, and what was asked for is nothing without."""


def unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Why a text file cannot be read."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else "not UTF-8 text; save it as UTF-8"


class ProgramError(ComfymeterError):
    """A program cannot be started; `exit_code` is what a shell would answer."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

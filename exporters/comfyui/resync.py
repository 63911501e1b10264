"""After a time without connection: is it the same process? Three things tell: its log, its history, and how it was away."""

from dataclasses import dataclass, field

from exporters.comfyui.agenda import Topic


@dataclass(slots=True)
class Resync:
    """What is still to be heard before it can be told. `witness`: a prompt that this process must remember, if it is the same.

    `log_goes_on`: whether the log holds anything known. `remembers`: whether the witness is in the history. None: not known.
    """

    witness: str | None
    refused: bool
    waits_for: set[Topic] = field(default_factory=lambda: {Topic.LOG, Topic.ENDED, Topic.QUEUE})
    log_goes_on: bool | None = None
    remembers: bool | None = None

    @property
    def needs_witness(self) -> bool:
        """Whether the witness is still to be asked about."""
        return self.witness is not None and self.remembers is None

    @property
    def complete(self) -> bool:
        """Whether everything has been heard."""
        return not self.waits_for and not self.needs_witness

    @property
    def restarted(self) -> bool:
        """Whether another process answers."""
        if self.log_goes_on or self.remembers:
            return False
        if self.log_goes_on is None and self.remembers is None:
            return self.refused
        return True

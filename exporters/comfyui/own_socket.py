"""Our own WebSocket: under which id it is connected, and what it has told of the queue."""

from dataclasses import dataclass


@dataclass(slots=True)
class OwnSocket:
    """`client_id` None: not connected. `subscribed_at`: since when it brings the log. `count`: prompts that run and wait."""

    client_id: str | None = None
    subscribed_at: float | None = None
    count: int | None = None
    deaf_since: float | None = None

    def opened(self, client_id: str) -> None:
        """It is connected."""
        self.client_id, self.subscribed_at, self.deaf_since = client_id, None, None

    def closed(self) -> None:
        """It is gone."""
        self.client_id, self.subscribed_at, self.count, self.deaf_since = None, None, None, None

    def told(self, count: int | None) -> bool:
        """It told how many prompts run and wait; whether that shows that one has ended or was deleted."""
        fewer = self.count is not None and count is not None and count < self.count
        self.count, self.deaf_since = count, None
        return fewer

    def differs(self, count: int | None, now: float) -> bool:
        """Whether the server counts otherwise than the socket told. For long that means that the socket is not served any more:
        the server forgets a socket when another one of the same id closes, and keeps the connection.
        """
        if count is None or count == self.count:
            self.deaf_since = None
            return False
        self.deaf_since = now if self.deaf_since is None else self.deaf_since
        return True

    def is_deaf(self, now: float, most_seconds: float) -> bool:
        """Whether it should be closed and made anew."""
        return self.client_id is not None and self.deaf_since is not None and now - self.deaf_since > most_seconds

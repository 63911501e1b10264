"""Stamps to Unix seconds, quickly: neighbouring lines share their minute, so that is read once."""

from datetime import UTC, datetime, timedelta, timezone

from analyzer.containers.base import Zone

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
# Stamps without a year begin in this one: long past, so that nobody takes it for real, and a leap year for 29 February.
YEARLESS_START = 1972


class Clock:
    """Reads `YYYY-MM-DD HH:MM`, seconds and offset, which a container's pattern has taken apart."""

    __slots__ = ("_base", "_minute", "_offset", "_zone")

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._minute = self._offset = b""
        self._base: float | None = None

    @property
    def used(self) -> bool:
        """Whether any stamp was read."""
        return bool(self._minute)

    def at(self, minute: bytes, seconds: bytes = b"", offset: bytes = b"") -> float | None:
        """Unix seconds; None where the digits are no date. `seconds` may have a fraction behind a point or comma."""
        if minute != self._minute or offset != self._offset:
            self._base, self._minute, self._offset = self._read(minute, offset), minute, offset
        if self._base is None or not seconds:
            return self._base
        try:
            return self._base + float(seconds)
        except ValueError:
            return self._base + float(seconds.replace(b",", b"."))

    def _read(self, minute: bytes, offset: bytes) -> float | None:
        try:
            moment = datetime.fromisoformat(minute.decode())
            if offset:
                return moment.replace(tzinfo=_fixed(offset.decode())).timestamp()
            return self._localise(moment)
        except (ValueError, OverflowError):
            return None

    def _localise(self, moment: datetime) -> float:
        if self._zone is None:
            return moment.replace(tzinfo=UTC).timestamp()
        first = moment.replace(tzinfo=self._zone).timestamp()
        second = moment.replace(tzinfo=self._zone, fold=1).timestamp()
        # In the hour that the clocks repeat in autumn a log goes on; it does not go back.
        return second if self._base is not None and first < self._base <= second else first


def _fixed(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-size if offset[0] == "-" else size)


class YearlessClock:
    """Reads syslog's `Jul 18 16:24:42`, which has neither year nor zone.

    The first stamp is put into `YEARLESS_START` and the year goes up where December turns into January: differences
    between stamps are right, the date is not. Zones are not applied, since their rules depend on the year.
    """

    __slots__ = ("_base", "_key", "_month", "_year")

    def __init__(self) -> None:
        self._key, self._base, self._month, self._year = b"", 0.0, 0, YEARLESS_START

    def at(self, day: bytes, hours: bytes, minutes: bytes, seconds: bytes) -> float | None:
        """Unix seconds of `Jul 18`, hours, minutes and seconds with or without a fraction; None without such a month."""
        if day != self._key:
            if day[:3] not in _MONTHS:
                return None
            self._base, self._key = self._read(_MONTHS.index(day[:3]) + 1, int(day[3:])), day
        return self._base + int(hours) * 3600 + int(minutes) * 60 + float(seconds)

    def _read(self, month: int, day: int) -> float:
        if self._month - month > 6:
            self._year += 1
        elif self._month and month - self._month > 6 and self._year > YEARLESS_START:
            self._year -= 1  # a line that comes late, from before New Year
        self._month = month
        # Counted from the first of the month, so that no day is impossible.
        return (datetime(self._year, month, 1, tzinfo=UTC) + timedelta(days=day - 1)).timestamp()

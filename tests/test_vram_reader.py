"""Sample files: what is written is read back, other people's output is understood, whatever is damaged is passed over."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.runs.model import VramSource
from analyzer.units import MIB
from analyzer.vram.nvidia_smi import THROTTLE_BITS, throttle_words
from analyzer.vram.reader import MOST_GPUS, FileNotes, SampleReader
from analyzer.vram.recorded import NAMES, header, row
from analyzer.vram.sample import GpuSample
from analyzer.vram.system_stats import samples_of

AT = 1_779_048_645.123
BERLIN = ZoneInfo("Europe/Berlin")
FULL = GpuSample(
    at=AT,
    gpu=0,
    used_bytes=21_000,
    total_bytes=24_000,
    process_bytes=20_000,
    utilisation_ratio=0.75,
    temperature_celsius=61.0,
    power_watts=318.5,
    energy_joules=81_234_567.125,
    throttle=("sw_power_cap", "sw_thermal"),
)


def read(*lines: str | bytes, zone: Any = None) -> tuple[list[GpuSample], FileNotes, SampleReader]:
    reader, notes = SampleReader(zone), FileNotes()
    data = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return list(reader.samples(enumerate(data, 1), notes)), notes, reader


def samples(*lines: str | bytes, zone: Any = None) -> list[GpuSample]:
    return read(*lines, zone=zone)[0]


def written(*rows: GpuSample) -> list[str]:
    return "".join((header(), *map(row, rows))).splitlines()


# --- our own form ---------------------------------------------------------------------------------------------------


def test_the_form_is_the_documented_one() -> None:
    assert header() == (
        "at,gpu,used_bytes,total_bytes,process_bytes,utilisation_ratio,temperature_celsius,power_watts,energy_joules,throttle\n"
    )
    assert row(FULL) == "1779048645.123,0,21000,24000,20000,0.75,61,318.5,81234567.125,sw_power_cap|sw_thermal\n"
    assert row(GpuSample(at=AT, gpu=3)) == "1779048645.123,3,,,,,,,,\n"
    assert row(GpuSample(at=AT, gpu=0, instance=4, throttle=())) == "1779048645.123,0:4,,,,,,,,none\n"


SAMPLES = st.builds(
    GpuSample,
    at=st.integers(946_684_800_000, 4_102_444_800_000).map(lambda ms: ms / 1000),
    gpu=st.integers(0, 9999),
    instance=st.none() | st.integers(0, 9999),
    used_bytes=st.none() | st.integers(0, 10**12),
    total_bytes=st.none() | st.integers(10**12, 10**13),
    process_bytes=st.none() | st.integers(0, 10**13),
    utilisation_ratio=st.none() | st.integers(0, 1000).map(lambda part: part / 1000),
    temperature_celsius=st.none() | st.integers(-99, 199).map(float),
    power_watts=st.none() | st.integers(0, 10**6).map(lambda part: part / 1000),
    energy_joules=st.none() | st.integers(0, 10**14).map(lambda part: part / 1000),
    throttle=st.none() | st.lists(st.sampled_from([word for _, word in THROTTLE_BITS]), unique=True).map(tuple),
)


@given(st.lists(SAMPLES, max_size=5))
def test_what_is_written_is_read_back(made: list[GpuSample]) -> None:
    found, notes, reader = read(*written(*made))

    assert found == made
    assert notes.skipped == 0
    assert notes.usable == sum(one.used_bytes is not None for one in made)
    assert reader.timezone == ("UTC" if made else reader.timezone)


def test_the_source_is_told_where_it_is_not_the_driver() -> None:
    lines = (header(VramSource.API) + row(FULL)).splitlines()
    assert lines[0] == "# source: api"
    assert read(*lines)[2].source is VramSource.API
    assert read(*written(FULL))[2].source is VramSource.NVML


def test_columns_that_are_new_or_in_another_order_do_no_harm() -> None:
    found = samples("fan,used_bytes,gpu,at", "30,21000,1,1779048645.5")
    assert found == [GpuSample(at=1_779_048_645.5, gpu=1, used_bytes=21_000)]


def test_a_file_that_lost_its_header_and_one_that_was_appended_to() -> None:
    one, two = row(FULL).strip(), row(GpuSample(at=AT + 1, gpu=0, used_bytes=5)).strip()
    assert [each.used_bytes for each in samples(one, two)] == [21_000, 5]
    assert [each.used_bytes for each in samples(*written(FULL), "", *written(FULL))] == [21_000, 21_000]


TORN = {
    "cut off": row(FULL).strip()[:40],
    "cut in the last but one column": row(FULL)[:-30],
    "two lines in one": row(FULL).strip()[:30] + row(FULL).strip(),
    "a column too many": row(FULL).strip() + ",1",
    "more in use than there is": "1779048645.123,0,25000,24000,,,,,,",
    "a time of torn digits": "177904864.123,0,1,2,,,,,,",
    "a time in the far future": "9999999999.5,0,1,2,,,,,,",
    "not a number": "1779048645.123,0,nan,24000,,,,,,",
    "an infinite number": "1779048645.123,0,1,2,,inf,,,,",
    "underscores": "1779048645.123,0,1_000,24000,,,,,,",
    "another alphabet's digits": "1779048645.123,0,١٢٣,24000,,,,,,",
    "below zero": "1779048645.123,0,-5,24000,,,,,,",
    "busier than busy": "1779048645.123,0,5,24000,,1.2,,,,",
    "control codes": "1779048645.123,0,5,24000,,,,,,\x1b[31m",
    "no time": ",0,5,24000,,,,,,",
    "an error message": "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.",
    "bytes that are no text": b"\xff\xfe\x00\x80",
    "quotes": '"1779048645.123","0","5","24000","","","","","",""',
}


@pytest.mark.parametrize("line", TORN.values(), ids=TORN)
def test_damaged_lines_are_passed_over_and_named(line: str | bytes) -> None:
    found, notes, _ = read(*written(FULL), line, row(FULL).strip())

    assert found == [FULL, FULL]
    assert (notes.skipped, notes.named, notes.usable) == (1, [3], 2)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_line_is_an_error(line: bytes) -> None:
    found, notes, _ = read(*written(FULL), line.replace(b"\n", b" "), row(FULL).strip())

    assert found[0] == found[-1] == FULL
    assert len(found) + notes.skipped <= 3
    assert all(math.isfinite(each.at) for each in found)


@given(st.integers(0, len(row(FULL))), st.integers(0, 255))
def test_a_line_with_one_wrong_byte_is_a_sample_or_is_passed_over(place: int, byte: int) -> None:
    line = bytearray(row(FULL).encode())
    line[min(place, len(line) - 1)] = byte
    found, notes, _ = read(*written(FULL), bytes(line).replace(b"\n", b""))

    assert len(found) + notes.skipped <= 2
    assert all(each.used_bytes is None or each.total_bytes is None or each.used_bytes <= each.total_bytes for each in found)


def test_gpus_that_damaged_digits_make_up_are_bounded() -> None:
    many = [row(GpuSample(at=AT, gpu=number, used_bytes=1)).strip() for number in range(5000)]
    found, notes, _ = read(header().strip(), *many)

    assert len({each.gpu for each in found}) == MOST_GPUS
    assert len(found) + notes.skipped == 5000


def test_another_kind_of_file_is_given_up_early() -> None:
    def log() -> Iterable[tuple[int, bytes]]:
        for number in range(1, 10**6):
            yield number, b"got prompt"
            assert number < 10_000

    notes = FileNotes()
    assert list(SampleReader().samples(log(), notes)) == []
    assert notes.usable == 0


def test_a_header_of_very_many_columns_is_no_header() -> None:
    assert samples("at,gpu,used_bytes," + "x," * 5000, row(FULL).strip()) == [FULL]


# --- nvidia-smi -----------------------------------------------------------------------------------------------------

SMI_HEADER = "timestamp, index, memory.used [MiB], memory.total [MiB], utilization.gpu [%], temperature.gpu, power.draw [W]"
SMI_LINE = "2026/05/17 20:10:45.123, 0, 20000 MiB, 24564 MiB, 98 %, 61, 318.52 W"
SMI_BARE = "2026/05/17 20:10:45.123, 0, 20000, 24564, 98, 61, 318.52"
SMI_SAMPLE = GpuSample(
    at=datetime(2026, 5, 17, 20, 10, 45, 123_000, tzinfo=UTC).timestamp(),
    gpu=0,
    used_bytes=20_000 * MIB,
    total_bytes=24_564 * MIB,
    utilisation_ratio=0.98,
    temperature_celsius=61.0,
    power_watts=318.52,
)


@pytest.mark.parametrize(
    "lines",
    [(SMI_HEADER, SMI_LINE), (SMI_HEADER, SMI_BARE), (SMI_LINE,), (SMI_BARE,), (SMI_HEADER + "\r", SMI_LINE + "\r")],
    ids=["csv", "nounits", "noheader", "noheader,nounits", "Windows"],
)
def test_nvidia_smi_with_and_without_header_and_units(lines: tuple[str, ...]) -> None:
    found, notes, reader = read(*lines)

    assert found == [SMI_SAMPLE]
    assert notes.skipped == 0
    assert reader.timezone is None


def test_nvidia_smi_without_a_header_may_have_fewer_columns() -> None:
    found = samples("2026/05/17 20:10:45.123, 0, 20000 MiB", "2026/05/17 20:10:46.123, 0, 20001 MiB")
    assert [(each.used_bytes, each.total_bytes) for each in found] == [(20_000 * MIB, None), (20_001 * MIB, None)]


def test_nvidia_smi_stamps_are_local_time() -> None:
    found, _, reader = read(SMI_HEADER, SMI_LINE, zone=BERLIN)

    assert found[0].at == datetime(2026, 5, 17, 20, 10, 45, 123_000, tzinfo=BERLIN).timestamp()
    assert reader.timezone == "Europe/Berlin"


def test_nvidia_smi_goes_on_through_the_hour_that_autumn_repeats() -> None:
    clocks = ("02:59:59", "02:00:00", "02:00:01")
    found = samples(SMI_HEADER, *(f"2026/10/25 {clock}.000, 0, 1 MiB, 2 MiB, 0 %, 40, 30.00 W" for clock in clocks), zone=BERLIN)
    assert [each.at - found[0].at for each in found] == [0, 1, 2]


@pytest.mark.parametrize("unknown", ["[N/A]", "[Not Supported]", "[Unknown Error]", "[GPU requires reset]", "N/A"])
def test_nvidia_smi_says_that_it_does_not_know(unknown: str) -> None:
    (found,) = samples(SMI_HEADER, f"2026/05/17 20:10:45.123, 0, 20000 MiB, 24564 MiB, {unknown}, {unknown}, {unknown}")
    assert (found.used_bytes, found.utilisation_ratio, found.power_watts) == (20_000 * MIB, None, None)


def test_nvidia_smi_in_any_order_with_columns_that_mean_nothing_here() -> None:
    (found,) = samples(
        "name, index, clocks_event_reasons.active, timestamp, memory.used [MiB], pstate, memory.free [MiB], memory.total [MiB]",
        "NVIDIA GeForce RTX 4090, 2, 0x0000000000000024, 2026/05/17 20:10:45.123, 20000 MiB, P0, 4200 MiB, 24564 MiB",
    )
    assert found.gpu == 2
    assert found.total_bytes == 24_200 * MIB, "what the driver keeps for itself is not to be had"
    assert found.throttle == ("sw_power_cap", "sw_thermal")
    assert found.slowed is True


def test_nvidia_smi_tells_the_reserve_by_itself() -> None:
    lines = (
        "timestamp, memory.used [MiB], memory.total [MiB], memory.reserved [MiB]",
        "2026/05/17 20:10:45, 1 MiB, 24564 MiB, 364 MiB",
    )
    assert samples(*lines)[0].total_bytes == 24_200 * MIB


def test_nvidia_smi_without_an_index_counts_by_uuid() -> None:
    lines = [f"2026/05/17 20:10:45.123, GPU-{name}, 1 MiB" for name in ("aa", "bb", "aa")]
    assert [each.gpu for each in samples("timestamp, uuid, memory.used [MiB]", *lines)] == [0, 1, 0]


def test_many_unknown_columns_do_not_cost_time() -> None:
    """Behind a comma may stand a space or not: columns that match anything must not be tried in both ways, each."""
    columns = [f"x{number}" for number in range(100)]
    lines = ["timestamp, memory.used [MiB], " + ", ".join(columns), "2026/05/17 20:10:45.123, 1 MiB, " + " , " * 99 + "\x00\x00,"]
    _, notes, _ = read(*lines)
    assert notes.skipped == 1


def test_throttle_words_are_those_of_the_bits() -> None:
    assert throttle_words(0) == ()
    assert throttle_words(0x1 | 0x40 | 0x80) == ("gpu_idle", "hw_thermal", "hw_power_brake")
    assert throttle_words(1 << 40) == ()


# --- the server's own numbers ---------------------------------------------------------------------------------------


def device(**given: object) -> dict[str, object]:
    return {
        "name": "cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync",
        "type": "cuda",
        "index": 0,
        "vram_total": 24_000,
        "vram_free": 9_000,
        "torch_vram_total": 14_000,
        "torch_vram_free": 2_000,
    } | given


def test_the_servers_own_numbers_as_the_driver_counts() -> None:
    found = samples_of([device(), device(index=1, torch_vram_free=None), device(index=None)], AT)
    assert [(each.label, each.used_bytes, each.total_bytes, each.process_bytes) for each in found] == [
        ("0", 17_000, 24_000, None),
        ("1", 15_000, 24_000, None),
        ("0", 17_000, 24_000, None),
    ]


@pytest.mark.parametrize(
    "changed",
    [{"type": "cpu"}, {"type": "mps"}, {"vram_total": None}, {"vram_free": "many"}, {"vram_free": -1}, {"vram_total": 1e40}],
    ids=str,
)
def test_devices_that_have_no_vram_of_their_own_are_left_out(changed: dict[str, object]) -> None:
    assert samples_of([device(**changed)], AT) == []


def test_names_of_the_columns_are_fields_of_a_sample() -> None:
    assert set(NAMES) <= {*GpuSample.__dataclass_fields__}

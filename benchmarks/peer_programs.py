"""The one task of the comparison as a program for each tool, in its own idiom.

Of every log: requests, runs and their seconds, models requested, loads with the megabytes usable and loaded, partial unloads with
the megabytes freed and left, bars (each by its last frame) with their steps and seconds, lines that nothing takes. Those that can
keep something from line to line also count the runs that brought the diffusion model in. All programs know the same lines, take
them with or without a stamp (lnav: only with one) and print the figures in the order of `FIGURES`.
"""

import json
from pathlib import Path

FIGURES = (
    "requests",
    "runs",
    "run seconds",
    "models requested",
    "loads",
    "MB usable",
    "MB loaded",
    "partial unloads",
    "MB freed",
    "MB left",
    "bars",
    "steps",
    "bar seconds",
    "lines not recognised",
    "cold runs",
)
# Lines of the server's start and of known libraries, which none of the figures count but which are recognised.
_KNOWN = (
    "Checkpoint files will |Total VRAM |pytorch version: |Set vram state to: |Device: |Using pytorch attention"
    "|ComfyUI version: |Starting server|To see the GUI go to: |lora key not loaded: |FETCH ComfyRegistry Data: "
)

MAWK = rf"""
/got prompt$/ {{requests++; next}}
/Prompt executed in [0-9.]+ seconds$/ {{
  runs++; seconds += $(NF - 1); cold += brought; brought = 0; next
}}
/loaded completely; [0-9.]+ MB usable, [0-9.]+ MB loaded/ {{
  loads++; match($0, /completely; .*/); split(substr($0, RSTART), w, " "); usable += w[2]; loaded += w[5]; next
}}
/Requested to load [A-Za-z0-9_]+$/ {{requested++; if ($NF == "SDXL") brought = 1; next}}
/Unloaded partially: [0-9.]+ MB freed, [0-9.]+ MB remains loaded/ {{
  unloads++; match($0, /partially: .*/); split(substr($0, RSTART), w, " "); freed += w[2]; left += w[5]; next
}}
/%\|/ {{
  sub(/.*\r/, "")
  if (match($0, /[0-9]+\/[0-9]+ \[[0-9]+:[0-9]+</)) {{
    bars++; split(substr($0, RSTART, RLENGTH), w, /[\/ \[:<]+/); steps += w[1]; bar_seconds += 60 * w[3] + w[4]; next
  }}
}}
/{_KNOWN.replace("/", "[/]")}/ {{next}}
/^$|^20[-0-9T:.]+ - $/ {{next}}
{{unknown++}}
END {{
  printf "%d %d %.2f %d %d %.2f %.2f ", requests, runs, seconds, requested, loads, usable, loaded
  printf "%d %.2f %.2f %d %d %d %d %d\n", unloads, freed, left, bars, steps, bar_seconds, unknown, cold
}}
"""

MTAIL_NAMES = (
    *("requests", "runs", "run_seconds", "requested", "loads", "usable", "loaded", "unloads"),
    *("freed", "remain", "bars", "steps", "bar_seconds", "unknown", "cold"),
)
# mtail takes the CR out of a line: the frames of a bar stand side by side.
MTAIL = rf"""
{"".join(f"counter {name}" + chr(10) for name in MTAIL_NAMES)}
hidden gauge brought

/got prompt$/ {{
  requests++
  stop
}}
/Prompt executed in (?P<duration>\d+\.\d+) seconds$/ {{
  runs++
  run_seconds += $duration
  cold += brought
  brought = 0
  stop
}}
/loaded completely; (?P<usable_mb>\d+\.\d+) MB usable, (?P<loaded_mb>\d+\.\d+) MB loaded/ {{
  loads++
  usable += $usable_mb
  loaded += $loaded_mb
  stop
}}
/Requested to load (?P<model>\w+)$/ {{
  requested++
  $model == "SDXL" {{
    brought = 1
  }}
  stop
}}
/Unloaded partially: (?P<freed_mb>\d+\.\d+) MB freed, (?P<left_mb>\d+\.\d+) MB remains loaded/ {{
  unloads++
  freed += $freed_mb
  remain += $left_mb
  stop
}}
/(?P<done>\d+)\/\d+ \[(?P<minutes>\d+):(?P<rest>\d+)<[^\]]*\][^\]]*$/ {{
  bars++
  steps += $done
  bar_seconds += $minutes * 60 + $rest
  stop
}}
/{_KNOWN}/ {{
  stop
}}
/^(?:20\S+ - )?$/ {{
  stop
}}
unknown++
"""

PYTHON = rf"""
import re, sys
from dataclasses import dataclass, field

@dataclass(frozen=True, slots=True)
class Requested: model: str
@dataclass(frozen=True, slots=True)
class Loaded: usable: float; loaded: float
@dataclass(frozen=True, slots=True)
class Unloaded: freed: float; left: float
@dataclass(frozen=True, slots=True)
class Bar: steps: int; seconds: int
@dataclass(slots=True)
class Run: seconds: float = 0.0; events: list = field(default_factory=list)

done = re.compile(r"Prompt executed in (\d+\.\d+) seconds$")
load = re.compile(r"loaded completely; (\d+\.\d+) MB usable, (\d+\.\d+) MB loaded")
wanted = re.compile(r"Requested to load (\w+)$")
unload = re.compile(r"Unloaded partially: (\d+\.\d+) MB freed, (\d+\.\d+) MB remains loaded")
frame = re.compile(r"(\d+)/\d+ \[(\d+):(\d+)<")
known = re.compile(r"{_KNOWN}|^(?:20\S+ - )?$")
runs, run, requests, unknown = [], Run(), 0, 0
for line in open(sys.argv[1], encoding="utf-8", errors="replace", newline="\n"):
    line = line.rstrip("\r\n")
    if line.endswith("got prompt"): requests += 1
    elif found := done.search(line): run.seconds = float(found[1]); runs.append(run); run = Run()
    elif found := load.search(line): run.events.append(Loaded(float(found[1]), float(found[2])))
    elif found := wanted.search(line): run.events.append(Requested(found[1]))
    elif found := unload.search(line): run.events.append(Unloaded(float(found[1]), float(found[2])))
    elif found := frame.search(line, line.rfind("\r") + 1):
        run.events.append(Bar(int(found[1]), 60 * int(found[2]) + int(found[3])))
    elif not known.search(line): unknown += 1
loads = [event for run in runs for event in run.events if type(event) is Loaded]
unloads = [event for run in runs for event in run.events if type(event) is Unloaded]
bars = [event for run in runs for event in run.events if type(event) is Bar]
models = [[event.model for event in run.events if type(event) is Requested] for run in runs]
print(requests, len(runs), sum(run.seconds for run in runs), sum(map(len, models)), len(loads),
      sum(load.usable for load in loads), sum(load.loaded for load in loads), len(unloads),
      sum(one.freed for one in unloads), sum(one.left for one in unloads), len(bars), sum(bar.steps for bar in bars),
      sum(bar.seconds for bar in bars), unknown, sum("SDXL" in names for names in models))
"""

# comfymeter's own events, without runs: what its scanner alone costs.
SCAN = r"""
import sys
from analyzer.events import Bar, LoadRequested, ModelLoaded, PartialUnload, PromptFinished, PromptReceived
from analyzer.parse import Parser
from analyzer.sources import local_file
MB = 2**20
sums = dict.fromkeys(("requests", "runs", "seconds", "requested", "loads", "usable", "loaded", "unloads", "freed", "left"), 0)
bars, frame = [], None
def note(event):
    global frame
    kind = type(event)
    if frame is not None and (kind is not Bar or event.line != frame.line):
        bars.append(frame)  # the last frame of its line
        frame = None
    if kind is Bar:
        frame = event
    elif kind is PromptReceived:
        sums["requests"] += 1
    elif kind is PromptFinished:
        sums["runs"] += 1; sums["seconds"] += event.duration_seconds
    elif kind is LoadRequested:
        sums["requested"] += 1
    elif kind is ModelLoaded:
        sums["loads"] += 1; sums["usable"] += event.usable_bytes / MB; sums["loaded"] += event.loaded_bytes / MB
    elif kind is PartialUnload:
        sums["unloads"] += 1; sums["freed"] += event.freed_bytes / MB; sums["left"] += event.remaining_bytes / MB
parser = Parser(note)
with local_file(sys.argv[1]).open(live=False) as stream:
    for piece in stream.pieces():
        parser.feed(piece)
parser.flush()
print(*sums.values(), len(bars), sum(bar.steps for bar in bars), sum(bar.seconds for bar in bars), parser.unrecognised, "-")
"""

# comfymeter's runs with their budgets. The seconds of its bars are not those of a frame: it reads short bars by their rate.
READ = r"""
import sys
from analyzer.logs import ReadOptions, read_logs
from analyzer.runs.model import Start
(reading,) = read_logs([sys.argv[1]], ReadOptions())
MB = 2**20
seconds = usable = loaded = freed = left = 0.0
requested = loads = unloads = bars = steps = cold = 0
for run in reading.runs:
    seconds += run.duration_seconds
    cold += run.start is Start.COLD
    for load in run.loads:
        loads += 1; requested += load.requested_line is not None
        usable += load.usable_bytes / MB; loaded += load.loaded_bytes / MB
    for unload in run.unloads:
        unloads += 1; freed += unload.freed_bytes / MB; left += unload.remaining_bytes / MB
    for bar in run.passes:
        bars += 1; steps += bar.steps
print(reading.requests.received, len(reading.runs), seconds, requested, loads, usable, loaded, unloads, freed, left, bars, steps,
      "-", reading.unparsed.lines, cold)
"""

# Drain3 knows no line beforehand: it finds out which lines are alike.
DRAIN3 = r"""
import sys
from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig
miner, lines = TemplateMiner(config=TemplateMinerConfig()), 0
for line in open(sys.argv[1], encoding="utf-8", errors="replace", newline="\n"):
    miner.add_log_message(line.rstrip("\r\n"))
    lines += 1
print(lines)
"""

# Lines that a run is made of, all in one pattern.
UNION = (
    r"got prompt\r?$|Prompt executed in [0-9.]+ seconds|loaded completely; [0-9.]+ MB usable, [0-9.]+ MB loaded"
    r"|Requested to load \w+|Unloaded partially: [0-9.]+ MB freed, [0-9.]+ MB remains loaded|\d+/\d+ \[\d+:\d+<"
)

_STAMP = r"^(?<timestamp>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}) - "
_LNAV_WRITES = (
    r"(?<got>got prompt)$",
    r"Prompt executed in (?<run_seconds>[0-9.]+) seconds$",
    r"loaded completely; (?<usable>[0-9.]+) MB usable, (?<loaded>[0-9.]+) MB loaded",
    r"Requested to load (?<model>\w+)$",
    r"Unloaded partially: (?<freed>[0-9.]+) MB freed, (?<remain>[0-9.]+) MB remains loaded",
    r".*\r[^\r|]*\|[^\r|]*\| (?<steps>\d+)/\d+ \[(?<minutes>\d+):(?<rest>\d+)<",
    rf"(?:$|(?:{_KNOWN}))",
    r"(?<unknown>.*)",
)
_LNAV_KINDS = {
    # lnav takes the integer 08 for an octal number.
    "string": ("got", "model", "unknown", "minutes", "rest"),
    "float": ("run_seconds", "usable", "loaded", "freed", "remain"),
    "integer": ("steps",),
}
LNAV_SQL = (
    "SELECT count(got), count(run_seconds), sum(run_seconds), count(model), count(loaded), sum(usable), sum(loaded), "
    "count(freed), sum(freed), sum(remain), count(steps), sum(steps), "
    "sum(60 * CAST(minutes AS INT) + CAST(rest AS INT)), count(unknown) FROM comfyui_log"
)


def lnav_format(folder: Path) -> None:
    """Writes the format that lnav needs below its folder of settings. One pattern: lnav keeps to the first that fits."""
    values = {name: {"kind": kind} for kind, names in _LNAV_KINDS.items() for name in names}
    told = {
        "comfyui_log": {
            "title": "ComfyUI",
            "description": "A write of ComfyUI's log buffer",
            "regex": {"write": {"pattern": f"{_STAMP}(?:{'|'.join(_LNAV_WRITES)})"}},
            "timestamp-format": ["%Y-%m-%dT%H:%M:%S.%f"],
            "value": values,
            "sample": [{"line": "2026-02-03T04:06:58.676518 - Prompt executed in 38.88 seconds"}],
        }
    }
    place = folder / "formats" / "installed" / "comfyui.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(told))

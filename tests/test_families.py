"""Every wording against its own example and against all others; the figures of known lines; what is no evidence."""

import re
from dataclasses import MISSING, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.events import (
    Attention,
    ClientTimeout,
    CustomNodeFailed,
    CustomNodeImport,
    CustomNodeTimes,
    Detection,
    Device,
    DynamicVram,
    ErrorNote,
    Event,
    FirstSamplerStep,
    LoadMode,
    LoraKeyMissing,
    Memory,
    ModelLoaded,
    ModelPlacement,
    NodeException,
    NodeNote,
    PartialUnload,
    ProcessDied,
    PromptFinished,
    Quantization,
    Role,
    RoomRequested,
    ServerReady,
    SoftOutOfMemory,
    StartupClock,
    StartupNote,
    StepsSkipped,
    Version,
    VramReading,
    VramState,
    WeightsRead,
)
from analyzer.families import FAMILIES, Wording
from analyzer.families.roles import role_of
from analyzer.families.template import FIELD_TYPES, OPEN_ENDED, compile_template
from analyzer.mojibake import Repairer
from analyzer.units import GIB, MIB

WORDINGS = [wording for _, family in FAMILIES for wording in family]
EACH_WORDING = pytest.mark.parametrize(
    "wording", WORDINGS, ids=[f"{name}: {wording.template}" for name, family in FAMILIES for wording in family]
)
_FIELD = re.compile(r"\{(\w*):(\w+)\}([^{]*)")


def takers(text: str) -> list[tuple[Wording, re.Match[bytes]]]:
    """All wordings that take a whole line, floating ones wherever they start."""
    line = text.encode()
    found = []
    for wording in WORDINGS:
        compiled = wording.compiled
        match = compiled.pattern.search(line) if wording.floating else compiled.pattern.match(line)
        if match:
            found.append((wording, match))
    return found


def built(wording: Wording, match: re.Match[bytes], *, line: int, at: float | None) -> Event | None:
    values = wording.values(match)
    return wording.event(line=line, at=at, **values) if wording.event and values is not None else None


def event_of(text: str) -> Event | None:
    """The event of a line that exactly one wording takes, or that none takes (None, like noise)."""
    found = takers(text)
    assert len(found) <= 1, [wording.template for wording, _ in found]
    return built(*found[0], line=1, at=None) if found else None


# --- every wording ------------------------------------------------------------------------------------------------


@EACH_WORDING
def test_only_the_wording_itself_takes_its_example(wording: Wording) -> None:
    assert [taker.template for taker, _ in takers(wording.example)] == [wording.template]


@EACH_WORDING
def test_example_builds_the_declared_event(wording: Wording) -> None:
    match = wording.compiled.pattern.match(wording.example.encode())
    assert match is not None
    event = built(wording, match, line=7, at=1.5)
    if wording.event is None:
        assert event is None
    else:
        assert isinstance(event, wording.event)
        assert (event.line, event.at) == (7, 1.5)


@EACH_WORDING
def test_fields_fit_the_event(wording: Wording) -> None:
    named = set(wording.compiled.names)
    assert not named & set(wording.constants)
    if wording.event is None:
        assert not named
        assert not wording.constants
        return
    known = {field.name: field for field in fields(wording.event) if field.name not in {"line", "at"}}
    required = {name for name, field in known.items() if field.default is MISSING}
    assert required <= named | set(wording.constants) <= set(known)


@EACH_WORDING
def test_template_is_specific(wording: Wording) -> None:
    assert ".*" not in wording.template
    assert not (wording.floating and not wording.compiled.prefix), "a floating wording must start with literal text"
    assert len(wording.compiled.prefix) >= 2 or len(wording.compiled.anchor) >= 1


@EACH_WORDING
def test_at_most_one_field_can_give_text_back(wording: Wording) -> None:
    """Two fields that can each shrink to make the rest fit are what makes a pattern slow on hostile lines."""
    shrinking = [
        kind
        for _, kind, literal in _FIELD.findall(wording.template)
        if literal and (kind in OPEN_ENDED or (kind == "word" and not literal[0].isspace()))
    ]
    assert len(shrinking) <= 1, shrinking


def test_no_wording_is_there_twice() -> None:
    templates = [wording.template for wording in WORDINGS]
    assert len(set(templates)) == len(templates)


@pytest.mark.parametrize("kind", FIELD_TYPES, ids=str)
def test_field_types_hold_no_groups_and_no_wildcard(kind: str) -> None:
    pattern = FIELD_TYPES[kind].pattern
    assert re.compile(pattern).groups == 0
    assert ".*" not in pattern
    assert FIELD_TYPES[kind].meaning


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{a:text} and {b:text} end", "only one open-ended field"),
        ("{a:some} in {b:path} end", "only one open-ended field"),
        ("{a:int}{b:text}", "no literal text"),
        ("loaded {a:colour}", "unknown field type 'colour'"),
    ],
    ids=["two texts", "some and path", "no literal", "unknown type"],
)
def test_bad_templates_are_refused(template: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compile_template(template)


# --- figures of known lines ---------------------------------------------------------------------------------------

_EXCEPTION = "!!! Exception during processing"
FIGURES: list[tuple[str, Event]] = [
    # models (section 12 of the catalogue)
    (
        "loaded completely 9.5367431640625e+25 4777.53 True",
        ModelLoaded(line=1, mode=LoadMode.FULL, loaded_bytes=round(4777.53 * MIB), usable_bytes=None, offloaded_bytes=0),
    ),
    (
        "loaded completely 0.0 159.55 True",
        ModelLoaded(line=1, mode=LoadMode.FULL, loaded_bytes=round(159.55 * MIB), usable_bytes=None, offloaded_bytes=0),
    ),
    (
        "loaded completely; 95367431640625005117571072.00 MB usable, 4777.53 MB loaded, full load: True",
        ModelLoaded(line=1, mode=LoadMode.FULL, loaded_bytes=round(4777.53 * MIB), usable_bytes=None, offloaded_bytes=0),
    ),
    (
        "loaded completely;  159.56 MB loaded, full load: True",
        ModelLoaded(line=1, mode=LoadMode.FULL, loaded_bytes=round(159.56 * MIB), offloaded_bytes=0),
    ),
    (
        "loaded completely; 14670.80 MB usable, 6602.51 MB loaded, full load: True",
        ModelLoaded(
            line=1,
            mode=LoadMode.FULL,
            loaded_bytes=round(6602.51 * MIB),
            usable_bytes=round(14670.80 * MIB),
            offloaded_bytes=0,
        ),
    ),
    (
        "loaded partially 7571.67 7571.40 0",
        ModelLoaded(
            line=1,
            mode=LoadMode.PARTIAL,
            loaded_bytes=round(7571.40 * MIB),
            usable_bytes=round(7571.67 * MIB),
            patches=0,
        ),
    ),
    (
        "loaded partially; -120.50 MB usable, 300.00 MB loaded, 6302.50 MB offloaded, lowvram patches: 12",
        ModelLoaded(
            line=1,
            mode=LoadMode.PARTIAL,
            loaded_bytes=300 * MIB,
            usable_bytes=round(-120.5 * MIB),
            offloaded_bytes=round(6302.5 * MIB),
            patches=12,
        ),
    ),
    (
        "loaded partially: 500.00 MB loaded, lowvram patches: 12",
        PartialUnload(line=1, freed_bytes=None, remaining_bytes=500 * MIB, patches=12),
    ),
    (
        "Model WAN21 prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached.",
        ModelLoaded(line=1, mode=LoadMode.DYNAMIC, model="WAN21", offloaded_bytes=13631 * MIB, patches=400),
    ),
    (
        "Model WAN21 prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached. "
        "Force pre-loaded 52 weights: 28 KB.",
        ModelLoaded(line=1, mode=LoadMode.DYNAMIC, model="WAN21", offloaded_bytes=13631 * MIB, patches=400),
    ),
    ("Prompt executed in 01:00:05", PromptFinished(line=1, duration_seconds=3605.0, whole_seconds=True)),
    ("Prompt executed in 600.00 seconds", PromptFinished(line=1, duration_seconds=600.0)),
    # start-up
    (
        "Total VRAM 49136 MB, total RAM 515648 MB",
        Memory(line=1, total_vram_bytes=49136 * MIB, total_ram_bytes=515648 * MIB),
    ),
    ("Device: cpu", Device(line=1, name="cpu")),
    ("Set vram state to: NORMAL VRAM", VramState(line=1, state="NORMAL_VRAM")),
    ("Using Flash Attention", Attention(line=1, implementation="flash")),
    ("ComfyUI version: 0.28.0", Version(line=1, component="comfyui", version="0.28.0")),
    (
        "### ComfyUI Revision: 1866 [1b103e0c] *DETACHED | Released on '2023-12-29'",
        Version(line=1, component="comfyui", version="revision 1866"),
    ),
    ("### Loading: ComfyUI-Manager (V3.36)", Version(line=1, component="ComfyUI-Manager", version="3.36")),
    ("** ComfyUI startup time: 1970-01-02 00:00:00.500", StartupClock(line=1, started_at=86400.5)),
    ("Prestartup times for custom nodes:", CustomNodeTimes(line=1, prestartup=True)),
    ("12.5 seconds: C:\\ComfyUI\\custom_nodes\\My Pack\\", CustomNodeImport(line=1, name="My Pack", seconds=12.5)),
    (
        "0.0 seconds (IMPORT FAILED): /app/comfyui/custom_nodes/ComfyUI-FaceSwapLite",
        CustomNodeImport(line=1, name="ComfyUI-FaceSwapLite", seconds=0.0, failed=True),
    ),
    (
        "Cannot import /x/custom_nodes/A module for custom nodes: No module named 'b'",
        CustomNodeFailed(line=1, name="A", reason="No module named 'b'"),
    ),
    ("IMPORT FAILED: nodes_audio.py", CustomNodeFailed(line=1, name="nodes_audio.py", reason="core extra nodes")),
    ("DynamicVRAM support detected and enabled", DynamicVram(line=1, enabled=True)),
    ("To see the GUI go to: http://[::]:8188", ServerReady(line=1, url="http://[::]:8188")),
    # errors
    (f"{_EXCEPTION} !!!", NodeException(line=1)),
    (f"{_EXCEPTION}!!! out of ideas", NodeException(line=1, message="out of ideas")),
    (f"{_EXCEPTION} !!! Allocation on device", NodeException(line=1, message="Allocation on device")),
    ("Killed", ProcessDied(line=1, reason="killed")),
    ("./run.sh: line 3:  1234 Killed                  python main.py", ProcessDied(line=1, reason="killed")),
    ("Exception in thread Thread-3 (prompt_worker):", ProcessDied(line=1, reason="prompt worker")),
    ("Exception in thread Thread-4 (_run):", ErrorNote(line=1, message="Thread-4 (_run)")),
    (
        "Warning: Ran out of memory when regular VAE decoding, retrying with tiled VAE decoding.",
        SoftOutOfMemory(line=1, what="VAE decode"),
    ),
    (
        "aimdo: C:\\b\\src\\control.c:88:ERROR:VRAM Allocation failed",
        ErrorNote(line=1, message="VRAM Allocation failed"),
    ),
    # weights
    ("model weight dtype torch.bfloat16, manual cast: None", WeightsRead(line=1, role=Role.DIFFUSION)),
    ("VAE load device: cpu, offload device: cpu, dtype: torch.float32", WeightsRead(line=1, role=Role.VAE)),
    ("lora key not loaded: a.b.c", LoraKeyMissing(line=1)),
    ("gguf qtypes: F32 (471), Q8_0 (304)", Quantization(line=1, name="Q8_0")),
    ("gguf qtypes: F16 (694)", Quantization(line=1, name="F16")),
    ("GGMLQuantizationType.Q4_K     12", Quantization(line=1, name="Q4_K")),
    ("EasyCache - skipped 9/20 steps (1.82x speedup).", StepsSkipped(line=1, skipped=9, total=20)),
    ("Max allocated memory: max_memory=9.500 GB", VramReading(line=1, peak_bytes=round(9.5 * GIB))),
    # level DETAIL
    (
        "Model loaded: patcher=ModelPatcher model=Flux ram_mb=2.5 vram_mb=1.0",
        ModelPlacement(line=1, model="Flux", patcher="ModelPatcher", ram_bytes=round(2.5 * MIB), vram_bytes=MIB),
    ),
    (
        "AIMDO free: model=Flux device=cuda:0 prevailing_method=a methods=['a', 'b'] requested=all vbar_mb=1.0 backups_mb=0.0",
        RoomRequested(line=1, model="Flux", requested_bytes=None),
    ),
    (
        "First sampler step: model=Flux sampler=euler step=0 total_steps=20 cfg=1.0 seed=7",
        FirstSamplerStep(line=1, model="Flux", sampler="euler", total_steps=20),
    ),
    # detections
    ("0: 640x640 2 faces, 10.8ms", Detection(line=1, label="2 faces", seconds=0.0108)),
    ("0: 448x640 (no detections), 9.1ms", Detection(line=1, label="(no detections)", seconds=0.0091)),
    (
        "1: 640x480 1 person, 2 hands, 1250.0ms",
        Detection(line=1, label="1 person, 2 hands", seconds=1.25),
    ),
    ("DWPose: Pose 500.00ms on 2 people", Detection(line=1, label="poses (DWPose)", seconds=0.5)),
    (
        "Detailer: segment upscale for ((125, 171)) | crop region (377, 512) x 2.0 -> (754, 1024)",
        NodeNote(line=1, what="detailer"),
    ),
]


@pytest.mark.parametrize(("text", "expected"), FIGURES, ids=[text for text, _ in FIGURES])
def test_figures(text: str, expected: Event) -> None:
    assert event_of(text) == expected


# --- clients that gave up -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("❌ ComfyUI 편집 실패: 작업 타임아웃 (300초 초과)", 300.0),
        ("2026-08-01 ERROR backend: Job timed out after 300 seconds", 300.0),
        ("Workflow timed out (10 min)", 600.0),
        ("Timed out waiting for ComfyUI prompt a88acabc-b706-4fe1-b067-90321a96f80f", None),
        ("AxiosError: timeout of 300000ms exceeded", 300.0),
        ("requests: HTTPConnectionPool(host='127.0.0.1', port=8188): Read timed out. (read timeout=300)", 300.0),
        ("comfy client failed: asyncio.exceptions.TimeoutError", None),
        ("TimeoutError", None),
        ("httpx.ReadTimeout: timed out", None),
        ("aiohttp.client_exceptions.ServerTimeoutError: Timeout on reading data from socket", None),
        ("websocket._exceptions.WebSocketTimeoutException: Connection timed out", None),
        ("<html><head><title>504 Gateway Time-out</title></head>", None),
        ("[error] 29#29: *1 upstream timed out (110: Connection timed out) while reading response header", None),
        ("[2026-08-01 12:00:00 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:4711)", None),
        ("[ERROR/MainProcess] Hard time limit (300.0s) exceeded for edit_image[9f1c]", 300.0),
        ("【错误】任务超时（300秒）", 300.0),
        ("生成超时: 5 分钟", 300.0),
        ("画像の生成がタイムアウトしました（300秒）", 300.0),
    ],
)
def test_clients_that_gave_up(text: str, limit: float | None) -> None:
    assert event_of(text) == ClientTimeout(line=1, limit_seconds=limit)


def test_the_korean_line_is_read_from_what_a_wrong_decoding_left() -> None:
    text = "❌ ComfyUI 편집 실패: 작업 타임아웃 (300초 초과)"
    undefined = dict.fromkeys((0x81, 0x8D, 0x8F, 0x90, 0x9D))  # bytes that cp1252 lacks, which get lost
    garbled = text.encode().translate(None, bytes(undefined)).decode("cp1252")
    repaired = Repairer().repair(garbled.encode())
    assert repaired is not None
    assert event_of(repaired.decode()) == ClientTimeout(line=1, limit_seconds=300.0)


@pytest.mark.parametrize(
    "text",
    [
        "WARNING: request with non matching host and origin 127.0.0.1:8188 != example.org, returning 403",
        "Timeout: 300",
        "timeout = 600",
        "ComfyUI timeout: 600s",
        "任务超时时间：300秒",
        "git fetch timed out after 30 seconds",
        "HTTPSConnectionPool(host='huggingface.co', port=443): Read timed out. (read timeout=10)",
        "curl: (28) Operation timed out after 30001 milliseconds with 1048576 bytes received",
        "worker-comfyui - Websocket receive timed out for job 'a88acabc'. Still waiting...",
        "WebSocket receive timed out, retrying...",
        "Timed out waiting for ComfyUI readiness.",
    ],
)
def test_a_word_about_time_is_no_client_that_gave_up(text: str) -> None:
    assert event_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Using RAM pressure cache.",
        "Using LRU cache",
        "Using split attention in VAE",
        "FETCH ComfyRegistry Data: 5/95",
        "[ComfyUI-Manager] All startup tasks have been completed.",
    ],
)
def test_lines_that_come_again_later_are_no_sign_of_a_start(text: str) -> None:
    assert len(takers(text)) == 1
    assert not isinstance(event_of(text), StartupNote)


# --- broken input -------------------------------------------------------------------------------------------------


@given(data=st.data())
def test_damaged_examples_never_raise(data: st.DataObject) -> None:
    wording = data.draw(st.sampled_from(WORDINGS))
    line = data.draw(st.lists(st.sampled_from([*wording.example, "9", "e", " ", "\\", "é"]), max_size=30).map("".join))
    cut = data.draw(st.integers(0, len(wording.example)))
    text = (wording.example[:cut] + line + wording.example[cut:]).encode()
    match = wording.compiled.pattern.match(text)
    if match:
        built(wording, match, line=1, at=None)


def test_a_date_that_no_calendar_has_builds_nothing() -> None:
    assert event_of("** ComfyUI startup time: 2026-02-30 00:00:00") is None


def test_roles_of_seen_classes() -> None:
    assert [role_of(name) for name in ("Lumina2", "ZImageTEModel_", "TAESD", "HunYuanControlNet", "NeverSeen")] == [
        Role.DIFFUSION,
        Role.TEXT_ENCODER,
        Role.VAE,
        Role.CONTROL,
        Role.OTHER,
    ]

"""Models requested, loaded, shrunk and unloaded, by ComfyUI version (`comfy/model_management.py`, `comfy/model_patcher.py`)."""

from analyzer.events import LoadMode, LoadRequested, ModelLoaded, ModelsAnnounced, ModelsUnloaded, PartialUnload
from analyzer.families.wording import Wording

MODELS = (
    Wording(
        template="Requested to load {model:word}",
        event=LoadRequested,
        example="Requested to load Flux",
        meaning="A model that is not in the list of loaded models is about to be loaded to the device.",
        since="2023-10-11",
    ),
    Wording(
        template="loading new",
        event=None,
        example="loading new",
        meaning="The same before October 2023, without the model's class.",
        since="2023-08 to 2023-10",
    ),
    Wording(
        template="Loading {count:int} new model",
        event=ModelsAnnounced,
        example="Loading 1 new model",
        meaning="How many models the call loads.",
        since="2023-10-11 to 79d5ceae (2024-12-02)",
    ),
    Wording(
        template="Loading {count:int} new models",
        event=ModelsAnnounced,
        example="Loading 2 new models",
        meaning="How many models the call loads.",
        since="2023-10-11 to 79d5ceae (2024-12-02)",
    ),
    Wording(
        template="loaded completely; {usable_bytes:budget} MB usable, {loaded_bytes:mib} MB loaded, full load: {:bool}",
        event=ModelLoaded,
        constants={"mode": LoadMode.FULL, "offloaded_bytes": 0},
        example="loaded completely; 14670.80 MB usable, 6602.51 MB loaded, full load: True",
        meaning="All weights are on the device.",
        since="v0.3.68 (998bf60b, 2025-10-29)",
    ),
    Wording(
        template="loaded completely;  {loaded_bytes:mib} MB loaded, full load: {:bool}",
        event=ModelLoaded,
        constants={"mode": LoadMode.FULL, "offloaded_bytes": 0},
        example="loaded completely;  159.56 MB loaded, full load: True",
        meaning="The same without a budget: there is no limit.",
        since="v0.8.1 (48e5ea1d, 2026-01-07)",
    ),
    Wording(
        template="loaded completely {usable_bytes:old_budget} {loaded_bytes:mib} {:bool}",
        event=ModelLoaded,
        constants={"mode": LoadMode.FULL, "offloaded_bytes": 0},
        example="loaded completely 9.5367431640625e+25 4777.53 True",
        meaning="All weights are on the device; budget and size as raw MiB.",
        since="be0726c1 (2024-08-19) to 2025-10-29",
    ),
    Wording(
        template="loaded completely {usable_bytes:old_budget} {loaded_bytes:mib}",
        event=ModelLoaded,
        constants={"mode": LoadMode.FULL, "offloaded_bytes": 0},
        example="loaded completely 7200.5 4777.53",
        meaning="The same of a few days in August 2024.",
        since="1e11d2d1 (2024-08-08) to 2024-08-19",
    ),
    Wording(
        template=(
            "loaded partially; {usable_bytes:budget} MB usable, {loaded_bytes:mib} MB loaded, {offloaded_bytes:mib} MB offloaded, "
            "lowvram patches: {patches:int}"
        ),
        event=ModelLoaded,
        constants={"mode": LoadMode.PARTIAL},
        example="loaded partially; -120.50 MB usable, 300.00 MB loaded, 6302.51 MB offloaded, lowvram patches: 12",
        meaning="Only a part of the weights fits; the rest is streamed in at every step.",
        since="v0.3.68 (998bf60b, 2025-10-29)",
    ),
    Wording(
        template=(
            "loaded partially; {usable_bytes:budget} MB usable, {loaded_bytes:mib} MB loaded, {offloaded_bytes:mib} MB offloaded, "
            "{:mib} MB buffer reserved, lowvram patches: {patches:int}"
        ),
        event=ModelLoaded,
        constants={"mode": LoadMode.PARTIAL},
        example=(
            "loaded partially; 5618.62 MB usable, 5459.41 MB loaded, 6918.05 MB offloaded, 157.50 MB buffer reserved, lowvram patches: 0"
        ),
        meaning="The same with the size of the streaming buffer.",
        since="v0.3.76 (f17251be, 2025-11-27)",
    ),
    Wording(
        template="loaded partially;  {loaded_bytes:mib} MB loaded, {offloaded_bytes:mib} MB offloaded, lowvram patches: {patches:int}",
        event=ModelLoaded,
        constants={"mode": LoadMode.PARTIAL},
        example="loaded partially;  300.00 MB loaded, 6302.51 MB offloaded, lowvram patches: 12",
        meaning="The same without a budget.",
        since="v0.8.1 (48e5ea1d, 2026-01-07)",
    ),
    Wording(
        template=(
            "loaded partially;  {loaded_bytes:mib} MB loaded, {offloaded_bytes:mib} MB offloaded, {:mib} MB buffer reserved, "
            "lowvram patches: {patches:int}"
        ),
        event=ModelLoaded,
        constants={"mode": LoadMode.PARTIAL},
        example="loaded partially;  300.00 MB loaded, 6302.51 MB offloaded, 64.00 MB buffer reserved, lowvram patches: 12",
        meaning="The same without a budget, with the size of the streaming buffer.",
        since="v0.8.1 (48e5ea1d, 2026-01-07)",
    ),
    Wording(
        template="loaded partially {usable_bytes:old_budget} {loaded_bytes:mib} {patches:int}",
        event=ModelLoaded,
        constants={"mode": LoadMode.PARTIAL},
        example="loaded partially 20034.674988555907 20024.842895507812 0",
        meaning="Only a part of the weights fits; budget and size as raw MiB, then the patch count.",
        since="74e124f4 (2024-08-12) to 2025-10-29",
    ),
    Wording(
        template="loaded in lowvram mode {loaded_bytes:mib}",
        event=ModelLoaded,
        constants={"mode": LoadMode.PARTIAL},
        example="loaded in lowvram mode 3210.5",
        meaning="Only a part of the weights fits.",
        since="2024-08-08 to 2024-08-12",
    ),
    Wording(
        template="loading in lowvram mode {loaded_bytes:mib}",
        event=ModelLoaded,
        constants={"mode": LoadMode.PARTIAL},
        example="loading in lowvram mode 3210.573190689087",
        meaning="Only a part of the weights fits.",
        since="2023-08-17 to 2024-08-08",
    ),
    Wording(
        template="Model {model:word} prepared for dynamic VRAM loading. {offloaded_bytes:mib}MB Staged. {patches:int} patches attached.",
        event=ModelLoaded,
        constants={"mode": LoadMode.DYNAMIC},
        example="Model WAN21 prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached.",
        meaning="Weights are staged in host memory and streamed to the device inside the first step.",
        since="f8acd9c4 (2026-02-01)",
    ),
    Wording(
        template=(
            "Model {model:word} prepared for dynamic VRAM loading. {offloaded_bytes:mib}MB Staged. {patches:int} patches attached. "
            "Force pre-loaded {:int} weights: {:float} KB."
        ),
        event=ModelLoaded,
        constants={"mode": LoadMode.DYNAMIC},
        example=(
            "Model WAN21 prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached. Force pre-loaded 52 weights: 28 KB."
        ),
        meaning="The same with the few weights that must be resident.",
        since="09bcbddf (2026-03-03)",
    ),
    Wording(
        template=(
            "Unloaded partially: {freed_bytes:mib} MB freed, {remaining_bytes:mib} MB remains loaded, {:mib} MB buffer reserved, "
            "lowvram patches: {patches:int}"
        ),
        event=PartialUnload,
        example="Unloaded partially: 1265.26 MB freed, 5337.28 MB remains loaded, 45.62 MB buffer reserved, lowvram patches: 0",
        meaning="Another model was shrunk to make room; the line does not say which.",
        since="f17251be (2025-11-27)",
    ),
    Wording(
        template="loaded partially: {remaining_bytes:mib} MB loaded, lowvram patches: {patches:int}",
        event=PartialUnload,
        constants={"freed_bytes": None},
        example="loaded partially: 500.00 MB loaded, lowvram patches: 12",
        meaning="With a colon it is a partial unload, in these releases only.",
        since="v0.3.69 to v0.3.75 (e632e5de, 2025-11-09 to 11-27)",
    ),
    Wording(
        template="{count:int} models unloaded.",
        event=ModelsUnloaded,
        example="0 models unloaded.",
        meaning="Whole models evicted in the second freeing pass; 0 is normal, and others may have gone silently in the first.",
        since="c14ac98f (2024-08-06)",
    ),
)

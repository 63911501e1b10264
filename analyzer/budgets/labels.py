"""What a progress bar's description says about the phase it belongs to. A bar without a description is a sampler pass."""

from analyzer.events import Bar
from analyzer.runs.model import Phase, ProgressBar
from analyzer.runs.progress import is_sampler

# In this order: the first text that the description holds decides.
BAR_PHASES: tuple[tuple[str, Phase], ...] = (
    ("Loading pipeline components", Phase.PIPELINE_LOAD),  # diffusers
    ("Loading checkpoint shards", Phase.PIPELINE_LOAD),  # transformers
    ("Fetching ", Phase.PIPELINE_LOAD),  # huggingface_hub, before a pipeline is built
    ("Loading model and applying LoRA", Phase.MODEL_LOAD),  # WanVideoWrapper
    ("Initializing block swap", Phase.MODEL_LOAD),
    ("VAE decoding", Phase.VAE),
    ("VAE encoding", Phase.VAE),
    ("Volume Decoding", Phase.VAE),  # Hunyuan3D
    ("Generating tokens", Phase.TEXT_ENCODE),  # language models that write the prompt
    ("Sampling", Phase.SAMPLE),
    ("sampling", Phase.SAMPLE),
)


def phase_of_bar(bar: ProgressBar | Bar) -> Phase:
    """The phase of a bar; `other` for tiles, rows, frames and whatever else a node counts."""
    if is_sampler(bar):
        return Phase.SAMPLE
    return next((phase for text, phase in BAR_PHASES if text in bar.label), Phase.OTHER)

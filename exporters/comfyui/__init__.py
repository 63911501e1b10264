"""A passive observer of one ComfyUI server over its API: asks and listens, never queues, interrupts or changes anything.

`client.observe` does it. It is not brought in here: whoever watches a log alone needs no HTTP.
"""

from exporters.comfyui.pace import Pace
from exporters.comfyui.target import Target, target_of

__all__ = ["Pace", "Target", "target_of"]

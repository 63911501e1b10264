"""A passive observer of one ComfyUI server over its API: asks and listens, never queues, interrupts or changes anything."""

from exporters.comfyui.client import observe
from exporters.comfyui.pace import Pace
from exporters.comfyui.target import Target, target_of

__all__ = ["Pace", "Target", "observe", "target_of"]

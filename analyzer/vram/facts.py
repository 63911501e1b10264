"""What asking the driver came to: values only. `exporters.nvml` finds them out, `doctor` explains them."""

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """Why the driver's library (NVML) cannot be asked."""

    NO_PACKAGE = "the Python package nvidia-ml-py is not installed"
    NO_LIBRARY = "the driver's library (libnvidia-ml.so.1, nvml.dll) is not found"
    NO_DRIVER = "the NVIDIA driver is not loaded"
    MISMATCH = "the driver was updated and its library is of another version"
    NO_PERMISSION = "no permission to ask the driver"
    NO_GPU = "the driver knows no GPU"
    LOST = "the GPU is lost, or the driver is being loaded anew"
    OTHER = "the driver's library does not answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuFacts:
    """What can be known on this machine. `problem`: None where the driver answers; `visible`: its device files are there.

    `foreign_pids`: this process has its own numbers for processes (a container, WSL) and the driver has others; `wddm`: Windows
    manages the memory and does not tell what a process holds.
    """

    problem: Problem | None = None
    visible: bool = True
    gpus: int = 0
    foreign_pids: bool = False
    wddm: bool = False

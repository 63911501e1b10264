"""The median of a few numbers. numpy's own brings masked arrays in when it is first asked, 30 ms that every report would pay."""

from typing import Any

import numpy as np
import numpy.typing as npt


def median(values: npt.NDArray[Any]) -> float:
    """The middle of finite numbers, of which there is at least one; between the two middle ones where they are even in number."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    return float(ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)

"""What a server with too small a GPU would have written: lines put into a recorded session, whose server had no GPU.

The wordings are ComfyUI's own, the figures are made up, as is the demo's GPU.
"""

from dataclasses import replace

from exporters.replay import Session
from exporters.replay.session import Happening, Kind

_FITS = "loaded completely; 95367431640625005117571072.00 MB usable, 2036.10 MB loaded, full load: True\n"
_WANTED = "Requested to load AutoencodingEngine\n"
_DOES_NOT_FIT = (
    "loaded partially; 1620.40 MB usable, 1562.35 MB loaded, 473.75 MB offloaded, 64.00 MB buffer reserved, lowvram patches: 0\n"
)
_MAKES_ROOM = "Unloaded partially: 319.75 MB freed, 1242.60 MB remains loaded, 64.00 MB buffer reserved, lowvram patches: 0\n"


def cramped(session: Session) -> Session:
    """The session on a GPU that is too small: the diffusion model fits in part, and makes room for decoding."""
    return replace(session, happenings=tuple(_cramped(one) for one in session.happenings))


def _cramped(one: Happening) -> Happening:
    if one.kind is not Kind.WRITE:
        return one
    return replace(one, text=one.text.replace(_FITS, _DOES_NOT_FIT).replace(_WANTED, _WANTED + _MAKES_ROOM))

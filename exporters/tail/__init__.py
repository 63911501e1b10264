"""Log files and pipes read as they are written."""

from exporters.tail.file_tail import FileTail
from exporters.tail.sources import read_pipe, tail_file

__all__ = ["FileTail", "read_pipe", "tail_file"]

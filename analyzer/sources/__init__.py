"""Where logs come from: the only place of the analyser that opens files.

`resolve` turns a command's arguments into logs; `LogFile.open` gives a `LogStream` of UTF-8 blocks or pieces.
"""

from analyzer.sources.files import LogFile, local_file, standard_input
from analyzer.sources.resolve import resolve
from analyzer.sources.rotation import LogGroup
from analyzer.sources.stream import LogStream

__all__ = ["LogFile", "LogGroup", "LogStream", "local_file", "resolve", "standard_input"]

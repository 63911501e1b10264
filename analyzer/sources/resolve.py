"""Arguments to logs: files, `-`, globs, directories, URLs."""

import glob
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

from analyzer.containers import HEAD_BYTES
from analyzer.containers.plain import RAW
from analyzer.errors import SourceError
from analyzer.sources.files import (
    STDIN,
    LogFile,
    in_words,
    local_file,
    missing,
    remote_file,
    remote_names,
    standard_input,
)
from analyzer.sources.rotation import LogGroup, group_logs
from analyzer.sources.urls import is_url, shown

_ROTATED = r"(?:[.-]\d+)*(?:\.(?:gz|xz|zst|bz2))?$"
_LOG_NAME = re.compile(r"\.log(?:_[^/\\]*\.log)?" + _ROTATED, re.IGNORECASE)
# Such names may be logs; only their content says.
_MAYBE_LOG_NAME = re.compile(r"\.(?:txt|jsonl?|out|err)" + _ROTATED, re.IGNORECASE)
_COMFYUI_WORDS = re.compile(rb"got prompt|Prompt executed in|Total VRAM|Requested to load|To see the GUI go to|%\|[^|]*\| ")
_MAGIC = re.compile(r"[*?\[]")


def resolve(arguments: Iterable[str]) -> list[LogGroup]:
    """The logs that the arguments stand for, rotated parts in one group, each file once.

    Raises `SourceError` where an argument stands for nothing.
    """
    files: dict[str, LogFile] = {}
    for argument in arguments:
        for file in _files(argument):
            identity = _identity(file.name)
            if identity not in files or (files[identity].optional and not file.optional):
                files[identity] = file  # named by itself, it must be readable
    return group_logs(files.values())


def _identity(name: str) -> str:
    return name if name == STDIN or is_url(name) else os.path.realpath(name)


def _files(argument: str) -> Iterable[LogFile]:
    if argument == STDIN:
        return [standard_input()]
    if is_url(argument):
        return _some(argument, map(remote_file, remote_names(argument)), "no file there matches")
    if os.path.isdir(argument):
        return _some(argument, _logs_in(argument), "no logs in this directory; name the log file itself")
    if _MAGIC.search(argument) and not os.path.exists(argument):
        return _some(argument, _matching(argument), "no file matches")
    if not os.path.exists(argument):
        raise missing(argument)
    return [local_file(argument)]


def _some(argument: str, found: Iterable[LogFile], otherwise: str) -> list[LogFile]:
    files = list(found)
    if not files:
        raise SourceError(f"{shown(argument)}: {otherwise}")
    return files


def _matching(pattern: str) -> Iterator[LogFile]:
    for name in sorted(glob.glob(pattern, recursive=True)):
        if os.path.isfile(name) and os.path.getsize(name):
            yield local_file(name)


def _logs_in(directory: str) -> Iterator[LogFile]:
    with in_words(directory):
        names = sorted(os.listdir(directory))
    for name in names:
        path = os.path.join(directory, name)
        if os.path.isfile(path) and os.path.getsize(path) and _is_log(path):
            yield local_file(path, optional=True)


def _is_log(path: str) -> bool:
    """Whether a file in a directory is a log: by its name, for doubtful names by its first lines."""
    if _LOG_NAME.search(path):
        return True
    if _MAYBE_LOG_NAME.search(path):
        with suppress(SourceError), local_file(path).open() as stream:
            return _says_comfyui(stream.container.name, stream.blocks())
    return False


def _says_comfyui(container: str, blocks: Iterator[bytes]) -> bool:
    head = b"".join(islice(blocks, 1))[:HEAD_BYTES]
    return _COMFYUI_WORDS.search(head) is not None and not (container == RAW.name and head.lstrip()[:1] in (b"{", b"["))

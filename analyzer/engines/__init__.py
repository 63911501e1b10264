"""Who reads several logs: this process, one per core, or the workers of a Dask cluster. The readings are the same."""

from analyzer.engines.base import Engine, OnRead, Whole
from analyzer.engines.dask_cluster import DaskEngine
from analyzer.engines.local import LocalEngine

__all__ = ["DaskEngine", "Engine", "LocalEngine", "OnRead", "Whole"]

"""What a replayed server can do, by its version, and what stands in front of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Which endpoints and fields there are. None for `version`: /system_stats does not say one.

    `jobs`: /api/jobs. `job_cancelled`: it knows that status; before, an interrupted job is a failed one. `log_ring`:
    /internal/logs/raw. `log_stream`: /internal/logs/subscribe. `create_time`: when a prompt was sent is in its extra_data.
    """

    version: str | None = None
    jobs: bool = True
    job_cancelled: bool = False
    log_ring: bool = True
    log_stream: bool = True
    create_time: bool = True


AS_RECORDED = Behaviour(version="0.8.0")
# The releases at which the API grew.
NEWER = Behaviour(version="0.9.2", job_cancelled=True)
BEFORE_JOBS = Behaviour(version="0.3.75", jobs=False)
BEFORE_CREATE_TIME = Behaviour(version="0.3.64", jobs=False, create_time=False)
BEFORE_LOG_STREAM = Behaviour(version="0.2.7", jobs=False, create_time=False, log_stream=False)
BEFORE_LOGS = Behaviour(jobs=False, create_time=False, log_stream=False, log_ring=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What stands in front of the server: a path prefix, a user and password or a token that it asks for, certificate files.

    `passes_sockets`: not every proxy hands WebSockets on.
    """

    prefix: str = ""
    user: str | None = None
    password: str = ""
    token: str | None = None
    certificate: str | None = None
    key: str | None = None
    passes_sockets: bool = True

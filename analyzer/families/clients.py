"""A client in the same log that stopped waiting for its run. Floating: a service's own prefix stands before the words.

The words must say that a job, a request to ComfyUI or a gateway ran out of time. `timed out` or `timeout` alone is no
evidence: downloads, git and the lists that Manager fetches print it too.
"""

from analyzer.events import ClientTimeout
from analyzer.families.wording import Wording, noise

_TIMED_OUT = ("Job", "Task", "Prompt", "Workflow", "Generation", "Execution")
_AWAITED = (
    "ComfyUI prompt",
    "ComfyUI job",
    "ComfyUI output",
    "ComfyUI image",
    "ComfyUI history",
    "ComfyUI to finish",
    "prompt",
    "job",
)
_ENGLISH = (
    *(f"{what} timed out" for word in _TIMED_OUT for what in (word, word.lower())),
    *(f"{words} waiting for {what}" for what in _AWAITED for words in ("Timed out", "timed out", "Timeout", "timeout")),
    "Job timeout exceeded",
    "job timeout exceeded",
    "ComfyUI timed out",
    "ComfyUI timeout exceeded",
    "ComfyUI timeout after",
    "ComfyUI request timed out",
)
_CHINESE = (
    "任务超时",
    "作业超时",
    "工作流超时",
    "生成超时",
    "生图超时",
    "出图超时",
    "执行超时",
    "ComfyUI超时",
    "ComfyUI 超时",
    "ComfyUI 请求超时",
)
_JAPANESE = (
    "ジョブがタイムアウト",
    "生成がタイムアウト",
    "処理がタイムアウト",
    "タスクがタイムアウト",
    "ComfyUIがタイムアウト",
)
_KOREAN = ("작업 시간 초과", "작업이 타임아웃", "작업 타임아웃 발생", "생성 시간 초과", "요청 시간 초과")

SENTENCES = tuple(
    Wording(
        template=f"{words}{{limit_seconds:limit}}",
        event=ClientTimeout,
        example=f"{words}{rest}",
        meaning="A client gave up on its job.",
        since="many clients",
        floating=True,
    )
    for language, rest in (
        (_ENGLISH, " after 300 seconds"),
        (_CHINESE, "（300秒）"),
        (_JAPANESE, "しました（300秒）"),
        (_KOREAN, " (300초)"),
    )
    for words in language
)

KOREAN = (
    Wording(
        template="타임아웃 ({limit_seconds:seconds}초 초과){:text}",
        event=ClientTimeout,
        example="타임아웃 (300초 초과)",
        meaning="A client gave up on its job: the limit was exceeded.",
        since="one service",
        floating=True,
    ),
    # What a repair leaves of the same line after its UTF-8 was read as cp1252 and lost bytes.
    Wording(
        template="아웃 ({limit_seconds:seconds}ì´ˆ 초과){:text}",
        event=ClientTimeout,
        example="아웃 (300ì´ˆ 초과)",
        meaning="The same line, of which only some characters could be restored.",
        since="one service",
        floating=True,
    ),
)

LIBRARIES = (
    Wording(
        template="timeout of {limit_seconds:ms}ms exceeded{:text}",
        event=ClientTimeout,
        example="timeout of 300000ms exceeded",
        meaning="JavaScript's axios gave up on a request.",
        since="axios",
        floating=True,
    ),
    Wording(
        template="HTTPConnectionPool(host={:word} port={:int}): Read timed out. (read timeout={limit_seconds:seconds}){:text}",
        event=ClientTimeout,
        example="HTTPConnectionPool(host='127.0.0.1', port=8188): Read timed out. (read timeout=300)",
        meaning="Python's requests gave up on an answer. Plain HTTP only: HTTPS is mostly a download.",
        since="urllib3",
        floating=True,
    ),
    Wording(
        template="curl: (28) Operation timed out after {limit_seconds:ms} milliseconds with 0 bytes received{:text}",
        event=ClientTimeout,
        example="curl: (28) Operation timed out after 300001 milliseconds with 0 bytes received",
        meaning="A request without an answer; a download would have received bytes.",
        since="curl",
        floating=True,
    ),
    Wording(
        template="configured HttpClient.Timeout of {limit_seconds:seconds} seconds elapsing{:text}",
        event=ClientTimeout,
        example="configured HttpClient.Timeout of 100 seconds elapsing.",
        meaning="A .NET client gave up.",
        since=".NET 5",
        floating=True,
    ),
    Wording(
        template="Hard time limit ({limit_seconds:seconds}s) exceeded for {:text}",
        event=ClientTimeout,
        example="Hard time limit (300s) exceeded for edit_image[9f1c]",
        meaning="A Celery worker was ended while it waited.",
        since="Celery",
        floating=True,
    ),
    Wording(
        template="Soft time limit ({limit_seconds:seconds}s) exceeded for {:text}",
        event=ClientTimeout,
        example="Soft time limit (300s) exceeded for edit_image[9f1c]",
        meaning="A Celery task is told to stop waiting.",
        since="Celery",
        floating=True,
    ),
    Wording(
        template="Task exceeded maximum timeout value ({limit_seconds:seconds} seconds){:text}",
        event=ClientTimeout,
        example="Task exceeded maximum timeout value (300 seconds)",
        meaning="An RQ job was ended while it waited.",
        since="RQ",
        floating=True,
    ),
    *(
        Wording(
            template=f"{words}{{:text}}",
            event=ClientTimeout,
            example=f"{words}{rest}",
            meaning=meaning,
            since=library,
            floating=True,
        )
        for words, rest, meaning, library in (
            ("asyncio.exceptions.TimeoutError", "", "A Python client stopped waiting.", "Python"),
            ("httpx.ReadTimeout", "", "A Python client stopped waiting for an answer.", "httpx"),
            ("httpcore.ReadTimeout", "", "The same, one layer below.", "httpx"),
            ("ServerTimeoutError", ": Timeout on reading data from socket", "A Python client stopped waiting.", "aiohttp"),
            ("SocketTimeoutError", ": Timeout on reading data from socket", "A Python client stopped waiting.", "aiohttp"),
            ("WebSocketTimeoutException", ": Connection timed out", "A client's web socket stayed silent.", "websocket-client"),
            ("websocket connection timed out", "", "A client's web socket stayed silent.", "many clients"),
            ("WebSocket connection timed out", "", "A client's web socket stayed silent.", "many clients"),
            ("Client.Timeout exceeded while awaiting headers", ")", "A Go client stopped waiting.", "Go"),
            ("java.net.SocketTimeoutException", ": Read timed out", "A Java client stopped waiting.", "Java"),
            ("HeadersTimeoutError", ": Headers Timeout Error", "A Node client stopped waiting.", "undici"),
            ("The operation was aborted due to timeout", "", "A JavaScript client stopped waiting.", "AbortSignal"),
        )
    ),
    Wording(
        template="TimeoutError",
        event=ClientTimeout,
        example="TimeoutError",
        meaning="A Python client stopped waiting; as a whole line, outside of a traceback.",
        since="Python 3.11",
    ),
)

GATEWAYS = (
    Wording(
        template="504 Gateway Time{:text}",
        event=ClientTimeout,
        example="504 Gateway Time-out",
        meaning="A proxy gave up on the server behind it.",
        since="nginx",
        floating=True,
    ),
    Wording(
        template="504, message='Gateway Time{:text}",
        event=ClientTimeout,
        example="504, message='Gateway Time-out', url='http://comfyui.internal/prompt'",
        meaning="The same as aiohttp tells it.",
        since="aiohttp",
        floating=True,
    ),
    Wording(
        template="upstream timed out (110: {:text}",
        event=ClientTimeout,
        example="upstream timed out (110: Connection timed out) while reading response header from upstream",
        meaning="The same in the proxy's own log.",
        since="nginx",
        floating=True,
    ),
    Wording(
        template="WORKER TIMEOUT (pid:{:int})",
        event=ClientTimeout,
        example="WORKER TIMEOUT (pid:4711)",
        meaning="A web service's worker was ended while it waited.",
        since="gunicorn",
        floating=True,
    ),
)

# A poll that goes on is no giving up.
WAITING = (
    noise(
        "worker-comfyui - {:text}",
        example="worker-comfyui - Websocket receive timed out for job 'a88acabc'. Still waiting...",
        meaning="RunPod's client at work.",
        since="worker-comfyui",
    ),
)

CLIENTS = SENTENCES + KOREAN + LIBRARIES + GATEWAYS + WAITING

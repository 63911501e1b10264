"""Exceptions, memory that ran out, dead workers (ComfyUI `execution.py`, `main.py`; Python; the shell)."""

from analyzer.events import ErrorNote, MemoryLeak, NodeException, OutOfMemory, ProcessDied, SoftOutOfMemory
from analyzer.families.wording import Follow, Wording, noise

_SOFT_OUT_OF_MEMORY = (
    ("Warning: Ran out of memory when regular VAE decoding, retrying with tiled VAE decoding.", "VAE decode", "2023-03-22"),
    ("Warning: Ran out of memory when regular VAE encoding, retrying with tiled VAE encoding.", "VAE encode", "2023-06-11"),
    ("out of memory error, emptying cache and trying again", "attention", "2023"),
    ("scaled_dot_product_attention OOMed: switched to slice attention", "VAE attention", "2023"),
    (
        "ran out of memory while running softmax in  _get_attention_scores_no_kv_chunking, "
        "trying slower in place softmax instead",
        "attention",
        "2023",
    ),
)
_DEATHS = (
    ("Killed", "killed", "The system ended the process, mostly because RAM ran out."),
    ("Segmentation fault", "segmentation fault", "The process crashed in C code."),
    ("Aborted", "aborted", "The process gave up in C code."),
    ("Bus error", "bus error", "The process crashed; often shared memory ran out."),
)
_PIN_TROUBLE = ("Pin error.", "Unpin error.", "Tried to unpin tensor not pinned by ComfyUI")

EXCEPTIONS = (
    Wording(
        template="!!! Exception during processing !!!{message:rest}",
        event=NodeException,
        example="!!! Exception during processing !!! Lanczos is not supported on the GPU",
        meaning="A node raised an exception: the running prompt failed. Without a message before 2024-04-19.",
        since="2023-05-27, with the message since 5cfe38f4 (2024-08-15)",
        follow=Follow.MESSAGE,
    ),
    Wording(
        template="!!! Exception during processing!!!{message:rest}",
        event=NodeException,
        example="!!! Exception during processing!!! 'NoneType' object has no attribute 'copy'",
        meaning="The same, as it was spelt for four months.",
        since="5d08802f (2024-04-19) to 2024-08-15",
        follow=Follow.MESSAGE,
    ),
    noise(
        "Traceback (most recent call last):",
        meaning="A Python traceback; its last line says what was raised.",
        since="Python",
        follow=Follow.TRACEBACK,
    ),
    noise(
        "+ Exception Group Traceback (most recent call last):",
        meaning="A traceback of several exceptions at once.",
        since="Python 3.11",
        follow=Follow.INDENTED,
    ),
    noise(
        "During handling of the above exception, another exception occurred:",
        meaning="A second traceback follows; the prompt failed of that one.",
        since="Python",
    ),
    noise(
        "The above exception was the direct cause of the following exception:",
        meaning="A second traceback follows.",
        since="Python",
    ),
    noise("Output will be ignored", meaning="The end of the rows about one invalid output.", since="73e85fb3 (2023-05-27)"),
    Wording(
        template="Error handling request{:text}",
        event=ErrorNote,
        constants={"message": "error handling a request"},
        example="Error handling request from 127.0.0.1",
        meaning="A request made the web server fail, for example a body that is no JSON; a traceback follows.",
        since="aiohttp",
    ),
    *(
        Wording(
            template=text,
            event=ErrorNote,
            constants={"message": text},
            example=text,
            meaning="An exception outside of a prompt; a traceback follows.",
            since="Python",
        )
        for text in ("Task exception was never retrieved", "Unhandled exception")
    ),
    Wording(
        template="Exception in thread {message:other_thread}:",
        event=ErrorNote,
        example="Exception in thread Thread-12 (_monitor):",
        meaning="A background thread failed; a traceback follows.",
        since="Python",
    ),
    Wording(
        template="Exception ignored in: {message:some}",
        event=ErrorNote,
        example="Exception ignored in: <function TensorStorage.__del__ at 0x7f2d8c0e5e40>",
        meaning="An exception while an object was freed.",
        since="Python",
    ),
    Wording(
        template="Exception in callback {message:some}",
        event=ErrorNote,
        example="Exception in callback _ProactorBasePipeTransport._call_connection_lost(None)",
        meaning="Mostly a browser that went away, on Windows.",
        since="Python",
    ),
    noise(
        "handle: <Handle {:text}",
        example="handle: <Handle _ProactorBasePipeTransport._call_connection_lost(None)>",
        meaning="The second line of 'Exception in callback'.",
        since="Python",
    ),
    noise(
        "future: <Task finished {:text}",
        example="future: <Task finished name='Task-12' coro=<PromptServer.send() done> exception=ConnectionResetError()>",
        meaning="The second line of 'Task exception was never retrieved'.",
        since="Python",
    ),
)

MEMORY = (
    Wording(
        template="Got an OOM, unloading all loaded models.",
        event=OutOfMemory,
        example="Got an OOM, unloading all loaded models.",
        meaning="The prompt failed because the device's memory ran out.",
        since="de17a975 (2024-08-06)",
    ),
    noise(
        "Memory summary:",
        meaning="Torch's memory table follows; empty on backends without one.",
        since="aeadb7ac (2026-05-18)",
        follow=Follow.TABLE,
    ),
    noise(
        "Memory summary: |{:equals}|",
        example="Memory summary: |===========================================================================|",
        meaning="The same with the table's first row on the line.",
        since="53e762a3 (2026-01-03) to 2026-05-18",
        follow=Follow.TABLE,
    ),
    *(
        Wording(
            template=text,
            event=SoftOutOfMemory,
            constants={"what": what},
            example=text,
            meaning="Memory ran out, a slower way is taken and the run goes on.",
            since=since,
        )
        for text, what, since in _SOFT_OUT_OF_MEMORY
    ),
    Wording(
        template="out of memory error, increasing steps and trying again {:int}",
        event=SoftOutOfMemory,
        constants={"what": "attention"},
        example="out of memory error, increasing steps and trying again 128",
        meaning="Memory ran out, attention is cut into smaller parts and the run goes on.",
        since="2023",
    ),
    Wording(
        template="WARNING, memory leak with model {model:name}. Please make sure it is not being referenced from somewhere.",
        event=MemoryLeak,
        example="WARNING, memory leak with model Flux. Please make sure it is not being referenced from somewhere.",
        meaning="A model that should be gone is still held by something.",
        since="2024-12-02",
    ),
    Wording(
        template="Potential memory leak detected with model {model:name}, doing a full garbage collect,{:text}",
        event=MemoryLeak,
        example=(
            "Potential memory leak detected with model Flux, doing a full garbage collect, "
            "for maximum performance avoid circular references in the model code."
        ),
        meaning="The same, noticed before the clean-up.",
        since="2024-12-02",
    ),
    *(
        Wording(
            template=text,
            event=ErrorNote,
            constants={"message": text},
            example=text,
            meaning="Pinning host memory failed: weights move more slowly.",
            since="2025-10",
        )
        for text in _PIN_TROUBLE
    ),
    noise(
        "Could not read Windows swap usage; {:text}",
        example="Could not read Windows swap usage; memory estimates may be off",
        meaning="The page file's size is unknown.",
        since="2026",
    ),
)

DEATHS = (
    Wording(
        template="Exception in thread {:id} (prompt_worker):",
        event=ProcessDied,
        constants={"reason": "prompt worker"},
        example="Exception in thread Thread-3 (prompt_worker):",
        meaning="The thread that runs prompts is gone: the server still accepts requests but runs none.",
        since="Python 3.10",
    ),
    *(
        Wording(
            template=text,
            event=ProcessDied,
            constants={"reason": reason},
            example=text,
            meaning=meaning,
            since="the shell",
        )
        for name, reason, meaning in _DEATHS
        # "Aborted" alone is too little to go by.
        for text in ((name,) if name == "Killed" else (f"{name} (core dumped)",))
    ),
    *(
        Wording(
            template=f"{{:word}} line {{:int}}:{{:gap}}{{:int}} {name}{{:gap}}{{:text}}",
            event=ProcessDied,
            constants={"reason": reason},
            example=f"./run.sh: line 3:  1234 {name}                 python main.py --listen",
            meaning=f"{meaning} A script says so.",
            since="bash",
        )
        for name, reason, meaning in _DEATHS
    ),
    Wording(
        template="Fatal Python error: {reason:some}",
        event=ProcessDied,
        example="Fatal Python error: Segmentation fault",
        meaning="The interpreter is going down; the stacks of all threads follow.",
        since="Python",
    ),
    Wording(
        template="Windows fatal exception: {message:some}",
        event=ErrorNote,
        example="Windows fatal exception: access violation",
        meaning="Often harmless at start-up; the stacks of all threads follow.",
        since="Python",
    ),
    Wording(
        template="terminate called after throwing an instance of {reason:some}",
        event=ProcessDied,
        example="terminate called after throwing an instance of 'c10::Error'",
        meaning="C++ code gave up: the process ends.",
        since="the C++ runtime",
    ),
    *(
        noise(
            f"{kind} 0x{{:name}} (most recent call first):",
            example=f"{kind} 0x00007f2d8c0e5e40 (most recent call first):",
            meaning="One thread's stack after a crash.",
            since="Python",
            follow=Follow.INDENTED,
        )
        for kind in ("Thread", "Current thread")
    ),
    noise(
        "Extension modules: {:text}", example="Extension modules: numpy._core", meaning="The crash report's end.", since="Python"
    ),
)

FAILURES = EXCEPTIONS + MEMORY + DEATHS

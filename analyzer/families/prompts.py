"""The life of a prompt: received, rejected, finished, interrupted (ComfyUI `server.py`, `main.py`, `execution.py`)."""

from analyzer.events import (
    Interrupted,
    InterruptRequested,
    PendingCancelled,
    PromptFinished,
    PromptIdSeen,
    PromptReceived,
    PromptRejected,
    ValidationFailed,
)
from analyzer.families.wording import Follow, Wording

PROMPTS = (
    Wording(
        template="got prompt",
        event=PromptReceived,
        example="got prompt",
        meaning="A POST /prompt request arrived; printed before validation and before the queue.",
        since="2023",
        glued=True,
    ),
    Wording(
        template="Prompt executed in {duration_seconds:seconds} seconds",
        event=PromptFinished,
        example="Prompt executed in 303.88 seconds",
        meaning="The worker is done with a prompt, whatever its outcome.",
        since="2023",
    ),
    Wording(
        template="Prompt executed in {duration_seconds:clock}",
        event=PromptFinished,
        constants={"whole_seconds": True},
        example="Prompt executed in 01:00:05",
        meaning="The same above 600 s: whole seconds, and the hours wrap at 24.",
        since="v0.3.42 (31ca603c, 2025-06-20)",
    ),
    Wording(
        template="invalid prompt: {'type': '{kind:name}', 'message': {message:quoted}, 'details':{:text}",
        event=PromptRejected,
        example=(
            "invalid prompt: {'type': 'prompt_no_outputs', 'message': 'Prompt has no outputs', 'details': '', 'extra_info': {}}"
        ),
        meaning="The request before it failed validation and never enters the queue.",
        since="2023",
    ),
    Wording(
        template="Failed to validate prompt for output {output:id}:",
        event=ValidationFailed,
        example="Failed to validate prompt for output 9:",
        meaning="One output node is invalid; the rows after it say why.",
        since="73e85fb3 (2023-05-27)",
        follow=Follow.VALIDATION,
    ),
    Wording(
        template="Processing interrupted",
        event=Interrupted,
        example="Processing interrupted",
        meaning="The running prompt was aborted by an interrupt.",
        since="2023-05-09",
    ),
    Wording(
        template="Global interrupt (no prompt_id specified)",
        event=InterruptRequested,
        example="Global interrupt (no prompt_id specified)",
        meaning="An interrupt was asked for; nothing may be running.",
        since="v0.3.57 (464ba1d6, 2025-09-02)",
    ),
    Wording(
        template="Interrupting prompt {prompt_id:id}",
        event=InterruptRequested,
        example="Interrupting prompt a88acabc-b706-4fe1-b067-90321a96f80f",
        meaning="The same for one prompt.",
        since="v0.3.57 (464ba1d6, 2025-09-02)",
    ),
    Wording(
        template="Cancelling running prompt {prompt_id:id}",
        event=InterruptRequested,
        example="Cancelling running prompt a88acabc-b706-4fe1-b067-90321a96f80f",
        meaning="The jobs API cancels the running prompt.",
        since="v0.26 (4e716f7c, 2026-06-19)",
    ),
    Wording(
        template="Cancelling pending prompt {prompt_id:id}",
        event=PendingCancelled,
        example="Cancelling pending prompt a88acabc-b706-4fe1-b067-90321a96f80f",
        meaning="The jobs API removes a queued prompt, which will never run.",
        since="v0.26 (4e716f7c, 2026-06-19)",
    ),
    Wording(
        template="Prompt {:id} is not currently running, skipping interrupt",
        event=None,
        example="Prompt a88acabc-b706-4fe1-b067-90321a96f80f is not currently running, skipping interrupt",
        meaning="An interrupt that came too late.",
        since="v0.3.57 (464ba1d6, 2025-09-02)",
    ),
    Wording(
        template="RAM cache evictions: prompt={prompt_id:id} active={:int} full={:int}",
        event=PromptIdSeen,
        example="RAM cache evictions: prompt=a88acabc-b706-4fe1-b067-90321a96f80f active=0 full=2",
        meaning="End-of-prompt cache statistics at level DETAIL; the only line of a run that carries its id.",
        since="fbe6d3ca (2026-07-28)",
    ),
)

"""How libraries word a fatal out-of-memory error (catalogue 4.2): texts of exceptions, not lines of their own."""

_KINDS = ("OutOfMemoryError",)
_PHRASES = (
    "Allocation on device ",  # CUDA's async allocator
    "CUDA out of memory.",  # torch's native allocator
    "HIP out of memory.",
    "MPS backend out of memory",
    "XPU out of memory.",
    "CUDA error: out of memory",  # the driver
    "DefaultCPUAllocator: not enough memory",  # system RAM
    "HostBuffer.read_file_slice failed",  # dynamic VRAM, pinned host buffers
)
_RAM_KINDS = ("MemoryError", "numpy.core._exceptions._ArrayMemoryError", "numpy._core._exceptions._ArrayMemoryError")


def is_out_of_memory(kind: str, message: str) -> bool:
    """Whether an exception (class name and text) means that memory, on the device or of the system, ran out."""
    if kind.endswith(_KINDS) or kind in _RAM_KINDS:
        return True
    return any(phrase in message for phrase in _PHRASES) or (message.startswith("Unable to allocate ") and "array" in message)

"""The server itself: caches, database, asset scans, listening, stopping (ComfyUI `server.py`, `main.py`, `app/`)."""

from analyzer.events import ErrorNote, ServerReady, ServerStopped
from analyzer.families.wording import Wording, noise, startup_note

SERVER = (
    startup_note("Starting server", meaning="The web server is about to listen; an empty line follows.", since="2023"),
    Wording(
        template="To see the GUI go to: {url:word}",
        event=ServerReady,
        example="To see the GUI go to: http://0.0.0.0:8188",
        meaning="The socket is bound: the server accepts requests. One line for each address.",
        since="2023, scheme since 2024-04-30",
    ),
    Wording(
        template="Stopped server",
        event=ServerStopped,
        example="Stopped server",
        meaning="Ended by Ctrl-C; other ends print nothing.",
        since="2023",
    ),
    Wording(
        template="Restarting... [{:list}]",
        event=ServerStopped,
        example="Restarting... [Legacy Mode]",
        meaning="Manager replaces the process; a second start follows in the same stream.",
        since="2024",
    ),
    Wording(
        template="Port {:int} is already in use on address {:word} Please close the other application{:text}",
        event=ErrorNote,
        constants={"message": "the port is already in use"},
        example=("Port 8188 is already in use on address 127.0.0.1. Please close the other application or use another."),
        meaning="The server cannot start.",
        since="2025",
    ),
    # The cache lines come again whenever /free resets the executor: no start-up lines.
    noise("Using LRU cache", meaning="The flag --cache-lru.", since="2025-04-11"),
    noise("Disabling intermediate node cache.", meaning="The flag --cache-none.", since="2025-04-11"),
    noise("Using RAM pressure cache.", meaning="Node results are dropped when RAM runs low.", since="2025-10-30"),
    noise("Context impl {:word}", example="Context impl SQLiteImpl.", meaning="Alembic.", since="2025-06-11"),
    noise("Will assume non-transactional DDL.", meaning="Alembic.", since="2025-06-11"),
    noise(
        "Running upgrade {:text}",
        example="Running upgrade  -> 0001_assets, Initial assets schema",
        meaning="Alembic changes the database.",
        since="2025-06-11",
    ),
    noise("setup plugin alembic.{:word}", example="setup plugin alembic.autogenerate.schemas", meaning="Alembic.", since="2026"),
    noise("No target revision found.", meaning="There is no database schema to upgrade to.", since="2025-06-11"),
    noise(
        "Database upgraded from {:word} to {:word}",
        example="Database upgraded from None to 0001_assets",
        meaning="The asset database has a new schema.",
        since="2025-06-11",
    ),
    noise(
        "Database URL: {:text}",
        example="Database URL: sqlite:////app/comfyui/user/comfyui.db",
        meaning="Level DEBUG.",
        since="2025",
    ),
    Wording(
        template="Error upgrading database:{message:rest}",
        event=ErrorNote,
        example="Error upgrading database: (sqlite3.OperationalError) database is locked",
        meaning="The asset database is not usable; a traceback follows.",
        since="2025-06-11",
    ),
    Wording(
        template="Failed to initialize database. {message:text}",
        event=ErrorNote,
        example=(
            "Failed to initialize database. Please ensure you have installed the latest requirements. "
            "If the error persists, please report this as in future the database will be required: (sqlite3.OperationalError)"
        ),
        meaning="The server goes on without its database.",
        since="2025-06-11",
    ),
    noise(
        "(Background on this error at: {:text}",
        example="(Background on this error at: https://sqlalche.me/e/20/e3q8)",
        meaning="SQLAlchemy's further line.",
        since="2025",
    ),
    noise("Asset seeder disabled", meaning="No scan of model and output folders.", since="2026-01"),
    noise("Asset seeder pausing", meaning="A scan waits for a prompt, only while a scan is active.", since="2026"),
    noise("Asset seeder resuming", meaning="A scan goes on after a prompt.", since="2026"),
    noise(
        "Seeder start (roots={:some}, phase={:word}",
        example="Seeder start (roots=('models', 'input'), phase=ScanPhase.FULL)",
        meaning="A scan begins, in the background.",
        since="2026-01",
    ),
    noise(
        "Asset scan [{:list}] directories: {:text}",
        example="Asset scan [models] directories: ['/models']",
        meaning="What is scanned.",
        since="2026-01",
    ),
    noise(
        "Scan({:some}) done {:seconds}s: created={:int} enriched={:int} skipped={:int}",
        example="Scan(models, full) done 1.204s: created=12 enriched=12 skipped=0",
        meaning="A scan ended, in the background.",
        since="2026-01",
    ),
    noise(
        "Assets scan(roots={:some}) completed in {:seconds}s {:text}",
        example="Assets scan(roots=['models']) completed in 0.025s (created=0, skipped_existing=183, total_seen=184)",
        meaning="A scan ended, as one release spelt it.",
        since="2025-12",
    ),
    noise("Background asset scan initiated for models, input, output", meaning="A scan begins.", since="2026-01"),
    noise(
        "Enrich scan queued (roots={:text}",
        example="Enrich scan queued (roots=('models',))",
        meaning="A scan will follow.",
        since="2026",
    ),
    noise(
        "Feature flags negotiated for client {:text}",
        example="Feature flags negotiated for client 33da68e571af555cb7122553f91a6c5a: {'supports_preview_metadata': True}",
        meaning="Level DEBUG: a browser or client connected.",
        since="2025",
    ),
    noise(
        "recursive file list on directory {:path}",
        example="recursive file list on directory /app/comfyui/models/loras",
        meaning="Level DEBUG.",
        since="2024",
    ),
    noise("found {:int} files", example="found 1 files", meaning="Level DEBUG.", since="2024"),
    noise(
        "Automatically register web folder {:text}",
        example="Automatically register web folder js for ComfyUI-KJNodes",
        meaning="A pack's browser files.",
        since="2025",
    ),
    noise(
        "User settings have been changed {:text}",
        example="User settings have been changed to be stored on the server instead of browser storage.",
        meaning="A notice of 2024.",
        since="2024",
    ),
    noise(
        "WARNING: request with non matching host and origin {:text}",
        example="WARNING: request with non matching host and origin 127.0.0.1:8188 != example.org, returning 403",
        meaning="A request from another site was refused; nothing about a run.",
        since="2024",
    ),
    noise(
        "send error: {:text}",
        example="send error: Cannot write to closing transport",
        meaning="A browser went away.",
        since="2024",
    ),
    noise(
        "ws connection closed with exception {:text}",
        example="ws connection closed with exception Cannot write to closing transport",
        meaning="A browser went away.",
        since="2023",
    ),
    noise(
        "[DEPRECATION WARNING] Detected import of deprecated legacy API: {:text}",
        example="[DEPRECATION WARNING] Detected import of deprecated legacy API: /scripts/ui.js. This is likely",
        meaning="A pack's browser code is old.",
        since="2025-10-16",
    ),
)

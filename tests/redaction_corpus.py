"""Log lines with secrets: what no shared document may say, and what it must go on saying.

In a line `«…»` marks what is private, all else must survive word for word. `{40}` stands for 40 letters and digits like a real
key's, `{x40}` for hexadecimal ones, `{d10}` for decimal ones, `{A16}` for capitals: whole keys in a file would alarm whoever scans it.
"""

import random
import re
import string
from dataclasses import dataclass

_MARK = re.compile(r"«([^»]*)»")
_FILL = re.compile(r"\{([xdA]?)(\d{1,3})\}")
_LETTERS = {
    "": string.ascii_letters + string.digits,
    "x": "0123456789abcdef",
    "d": string.digits,
    "A": string.ascii_uppercase + string.digits,
}
# So many characters in a row are no accident; of other scripts fewer.
_PIECE, _SIGNS = 10, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A line as a log has it. `secrets` must go, `survives` must stay, in this order. `why`: what somebody could do with it."""

    why: str
    line: str
    secrets: tuple[str, ...]
    survives: tuple[str, ...]

    def pieces(self) -> list[str]:
        """Parts of the secrets of which none may be left: also a half of a key tells too much."""
        return [piece for secret in self.secrets for piece in _pieces(secret)]


def _pieces(secret: str) -> list[str]:
    size = _PIECE if secret.isascii() else _SIGNS
    starts = range(0, max(1, len(secret) - size + 1), (size + 1) // 2)
    pieces = [secret[start : start + size] for start in starts] if len(secret) > size else [secret]
    return [piece for piece in pieces if secret.isascii() or not piece.isascii()]


def _planted(why: str, marked: str) -> Planted:
    letters = random.Random(marked)
    text = _FILL.sub(lambda fill: _filled(fill, letters), marked)
    return Planted(
        why=why,
        line=_MARK.sub(r"\1", text),
        secrets=tuple(dict.fromkeys(_MARK.findall(text))),
        survives=tuple(part for part in _MARK.split(text)[::2] if part),
    )


def _filled(fill: re.Match[str], letters: random.Random) -> str:
    """Random letters; with a digit, a capital and a small letter where there is a choice, as in real keys."""
    body = letters.choices(_LETTERS[fill[1]], k=int(fill[2]))
    for place, letter in enumerate("a7Q" if not fill[1] else ""):
        body[place + 1] = letter
    return "".join(body)


_ROWS: dict[str, tuple[str, ...]] = {
    # --- keys of services -----------------------------------------------------------------------------------------
    "anybody can use the account and be billed to it": (
        "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided: «sk-proj-{74}_{40}». "
        "You can find your API key at https://platform.openai.com/account/api-keys.', 'type': 'invalid_request_error'}}",
        "[LLM Party] using key «sk-{48}» for model gpt-4o-mini",
        "[Claude Node] ANTHROPIC_API_KEY=«sk-ant-api03-{80}-{8}AA» loaded from .env",
        "OpenRouter request failed, key «sk-or-v1-{x64}», status 402",
        "[DeepSeek] api_key «sk-{x32}» rejected",
        "[ComfyUI-Stability] key «sk-{50}» has 24.5 credits left",
        "replicate.exceptions.ReplicateError: You did not pass a valid authentication token: «r8_{37}»",
        "[fal] FAL_KEY=«{x8}-{x4}-{x4}-{x4}-{x12}:{x32}» is set",
        "fal_client: 'Authorization': 'Key «{x8}-{x4}-{x4}-{x4}-{x12}:{x32}»', status 401",
        "RunPod | worker started with «rpa_{45}»",
        "[Groq] key «gsk_{52}» model llama-3.3-70b-versatile",
        "[xAI] XAI key «xai-{80}» took 3.2 s",
        "[NVIDIA NIM] «nvapi-{64}» is not allowed to use this model",
        "[Gemini] https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent?key=«AIza{35}» 429",
        "GoogleAuth: access token «ya29.{120}» expires in 3599 s",
        "oauth client_secret file has «GOCSPX-{28}» in it",
        "[ElevenLabs] headers={'xi-api-key': '«sk_{x48}»', 'Content-Type': 'application/json'}",
        "[Perplexity] «pplx-{48}» quota exceeded",
        "[Fireworks] key «fw_{24}» not found",
        "[Kling] {'access_key': '«{A32}»', 'secret_key': '«{32}»', 'model': 'kling-v1'}",
        "[Luma] LUMAAI_API_KEY=«luma-{x8}-{x4}-{x4}-{x4}-{x12}-{x36}» timeout=300",
        "[ComfyUI-API-Nodes] extra_data: {'api_key_comfy_org': '«comfyui-{x64}»', 'create_time': 1754323200}",
        "[ComfyUI-API-Nodes] {'auth_token_comfy_org': '«eyJ{60}.eyJ{100}.{86}»', 'x': 1}",
        "stripe.error.AuthenticationError: Expired API key provided: «sk_live_{24}»",
        "SendGrid says 401 for «SG.{22}.{43}»",
        "twilio: account «AC{x32}» suspended",
        "[Notion] token «ntn_{46}» for database tracking",
        "[Airtable] «pat{14}.{x64}» 403",
        "[Supabase] service key «sbp_{x40}»",
        "docker login: «dckr_pat_{27}» accepted",
        "digitalocean spaces key «dop_v1_{x64}» region fra1",
        "[Vault] token «hvs.{90}» renewed",
        "Grafana annotation with «glsa_{32}_{x8}» posted",
        "databricks: «dapi{x32}» expired",
        "sentry_sdk: dsn=https://«{x32}»@«o450000.ingest.us.sentry.io»/4500001 enabled",
        "tailscale up --auth-key=«tskey-auth-{14}-{32}» --ssh",
        "ngrok config add-authtoken «{27}_{21}»",
        "vastai set api-key «{x64}»",
    ),
    "downloads private or paid models in somebody's name": (
        "huggingface_hub.errors.HfHubHTTPError: 401 Client Error: Invalid credentials, token «hf_{34}» (Request ID: Root=1-67)",
        "HF_TOKEN=«hf_{34}» HF_HUB_ENABLE_HF_TRANSFER=1 python main.py --listen",
        "huggingface-cli login --token «hf_{34}» --add-to-git-credential",
        "org token «api_org_{34}» can read black-forest-labs/FLUX.1-dev",
        "Downloading https://civitai.com/api/download/models/128713?type=Model&format=SafeTensor&token=«{x32}»",
        "[Civitai Helper] Civitai API key: «{x32}»",
        "wget -O flux.safetensors --header='Authorization: Bearer «{x32}»' https://civitai.com/api/download/models/1",
        "CIVITAI_TOKEN=«{x32}» python download.py",
        "aria2c https://«civitai-delivery-worker-prod.{x32}.r2.cloudflarestorage.com»/model/1/m.safetensors"
        "?X-Amz-Expires=86400&X-Amz-Credential=«{x32}%2F20260801%2Fus-east-1%2Fs3%2Faws4_request»&X-Amz-Signature=«{x64}»&x-id=GetObject",
        "https://cdn-lfs.huggingface.co/repos/a1/b2/m.gguf?Expires=1759000000&Policy=«{120}__»&Signature=«{160}~{20}__»&Key-Pair-Id=«K{A13}»",
    ),
    "writes to somebody's code and chats": (
        "git clone https://«ghp_{36}»@github.com/example/ComfyUI-Private.git",
        "remote: Support for password authentication was removed. gho token «gho_{36}»",
        "Cloning into 'nodes' with «github_pat_{22}_{59}»",
        "https://«x-access-token:ghs_{36}»@github.com/example/nodes",
        "GITLAB: «glpat-{20}» has no scope read_repository",
        "gitlab ci deploy «gldt-{20}» ok",
        "npm token «npm_{36}» in .npmrc",
        "twine upload -u __token__ -p «pypi-AgEIcHlwaS5vcmc{100}»",
        "[Slack notify] «xoxb-{d12}-{d13}-{24}» channel=#renders",
        "[Slack] app «xapp-1-A{A10}-{d13}-{x64}» connected",
        "POST https://hooks.slack.com/services/«T{A8}/B{A10}/{24}» 200",
        "Telegram: GET https://api.telegram.org/bot«{d10}:AA{33}»/getUpdates 409",
        "[TelegramSender] token «{d10}:AA{33}» chat ok",
        "discord.errors.LoginFailure: improper token «MTA{21}.{6}.{38}» passed",
        "POST https://discord.com/api/webhooks/«{d19}/{68}» 204",
        "[DiscordPost] https://discordapp.com/api/webhooks/«{d18}/{68}»?wait=true",
        "teams: https://«krause7.webhook.office.com»/webhookb2/«{x8}-{x4}-{x4}-{x4}-{x12}@{x8}-{x4}-{x4}-{x4}-{x12}/IncomingWebhook/{x32}/{x8}-{x4}»",
    ),
    "opens cloud storage and machines": (
        "botocore: Found credentials AWS_ACCESS_KEY_ID=«AKIA{A16}» in environment",
        "AWS_SECRET_ACCESS_KEY=«{14}/{10}+{14}» AWS_DEFAULT_REGION=eu-central-1",
        "aws_session_token = «IQoJb3JpZ2luX2VjE{100}//////////{40}==»",
        "temporary key «ASIA{A16}» expired",
        "s3fs: {'key': '«{20}»', 'secret': '«{40}»', 'endpoint_url': None}",
        "DefaultEndpointsProtocol=https;AccountName=renders;AccountKey=«{60}/{24}==»;EndpointSuffix=core.chinacloudapi.cn",
        "PUT https://«gertrudisrenders.blob.core.windows.net»/out/1?sv=2024-11-04&ss=b&sp=rl&se=2026-12-31T00:00:00Z&sig=«{40}%2B%3D» 201",
        "GET https://storage.googleapis.com/renders/1?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=«svc%40proj.iam.gserviceaccount.com%2F20260801»"
        "&X-Goog-Signature=«{x128}» 200",
        "WANDB_API_KEY=«{x40}» WANDB_MODE=online",
        "wandb login «{x40}»",
        "-----BEGIN OPENSSH PRIVATE KEY-----«\\nb3BlbnNzaC1rZXktdjEA{200}\\n»-----END OPENSSH PRIVATE KEY-----",
        '{"type": "service_account", "signing_pem": "-----BEGIN PRIVATE KEY-----«\\nMIIEvQIBADANBg{60}\\n{60}\\n»-----END PRIVATE KEY-----\\n"}',
        "«MIIEvAIBADANBgkqhkiG9w0BAQEFAASC{20}/{11}»",
        "authorized: ssh-ed25519 «AAAAC3NzaC1lZDI1NTE5AAAAI{43}» renders",
        "key ssh-rsa «AAAAB3NzaC1yc2EAAAADAQABAAABgQ{200}/{40}=» added",
        "sshpass -p «Wiosna2026x» ssh gpu",
        "AGE: «AGE-SECRET-KEY-1{A58}»",
    ),
    "takes over a session": (
        "GET /prompt Authorization: Bearer «{40}» 200",
        "GET /prompt Authorization: Bearer «eyJ{200}.eyJ{999}{999}{999}{999}.{342}» 200",
        "headers: {'Authorization': b'Basic «{30}==»', 'Accept': '*/*'}",
        "request with X-Api-Key: «{32}» refused",
        "curl -H 'X-Auth-Token: «{32}»' http://127.0.0.1:8188/queue",
        "[ComfyUI-Login] For direct API calls, use token=«$2b$12${53}»",
        "Cookie: «comfy_session={32}; theme=dark»",
        "Set-Cookie: «sid={x32}; Path=/; HttpOnly»",
        "{'session_id': '«{32}»', 'node': 9}",
        "PHPSESSID=«{26}» expired",
        "connect.sid=«s%3A{32}.{43}» unknown",
        "Jupyter: http://127.0.0.1:8888/lab?token=«{x48}»",
        "ws://127.0.0.1:8188/ws?clientId=abc&access_token=«{40}» connected",
        '{"apiKey": "«{32}»", "clientSecret": "«{32}»", "refreshToken": "«{40}»", "steps": 20}',
        r"body: {\"idToken\": \"«{40}»\", \"cfg\": 3.5}",
        "session «eyJ{20}.eyJ{60}.{43}» ended",
        "--hf-token «{34}» --port 8188",
        "csrf_token=«{32}»&prompt_count=3",
        "password='«c0rrect h0rse, battery»' steps=20",
        "Invalid login: {'user_id': 7, 'passwd': '«hunter2-Wojtek»'}",
        "stored «$argon2id$v=19$m=65536,t=3,p=4${22}${43}»",
    ),
    "opens a database or a proxy": (
        "sqlalchemy.exc.OperationalError: postgresql+psycopg://«comfy:Zima2026x»@«db7.studio-krause.example»:5432/comfy",
        "redis://«:Lato2026x»@«cache7.studio-krause.example»:6379/0 refused",
        "mongodb+srv://«renderer:Jesien26x»@«cluster7.ab1cd.mongodb.net»/runs?retryWrites=true",
        "psycopg: host=«db8.krause.example» user=«przemek» password=«Wrzesien9» dbname=comfy",
        "Server=tcp:«krause7.database.windows.net»,1433;User ID=«przemek»;Password=«Maj2026xx»;Encrypt=True",
        'connection to server at "«db9.krause.example»" («10.77.0.5»), port 5432 failed: FATAL:  password authentication failed for user "«przemek»"',
        "http_proxy=http://«przemek:Marzec26»@«proxy7.krause.example»:3128",
        "PGPASSWORD=«Luty2026xx» psql",
    ),
    # --- people ---------------------------------------------------------------------------------------------------
    "a person's name": (
        "Adding extra search path checkpoints /home/«gertrudis»/models/checkpoints",
        '  File "/home/«gertrudis.w»/ComfyUI/execution.py", line 327, in execute',
        "** ComfyUI Path: /Users/«gertrudis»/Documents/ComfyUI",
        "/Users/«Gertrudis%20Wojtek»/ComfyUI/main.py",
        "file:///home/«g%C3%A9rard7»/ComfyUI/output",
        r"C:\Users\«Gertrudis Wojtek»\AppData\Local\Programs\@comfyorgcomfyui-electron\resources\ComfyUI\main.py",
        r"'C:\\Users\\«gertrudis»\\ComfyUI\\custom_nodes'",
        r"{\"path\": \"C:\\\\Users\\\\«gertrudis»\\\\models\"}",
        r"C:\Users\«GERTRU~1»\AppData\Local\Temp\torchinductor",
        "/mnt/c/Users/«gertrudis»/ComfyUI/models",
        r"\\wsl.localhost\Ubuntu\home\«gertrudis»\ComfyUI",
        r"\\wsl$\Ubuntu-24.04\home\«gertrudis»\ComfyUI",
        "/run/media/«gertrudis»/SSD/models",
        "/Volumes/«Gertrudis SSD»/models/flux1-dev.safetensors",
        "/users/«gertrudis»/ComfyUI/main.py on node gpu",
        "/nfs/home/«gertrudis»/ComfyUI",
        "/home/«प्रियंका»/ComfyUI/main.py",
        "/Users/«Jose\u0301 A\u0301lvarez»/ComfyUI/main.py",
        r"C:\Users\«김철수»\ComfyUI\main.py",
        "/home/«علی\u200cرضا»/ComfyUI",
        "Permission denied: '/home/«gertrudis»/x': «gertrudis» is not in the group render",
        "USER=«gertrudis» SHELL=/bin/bash",
        "environ({'LOGNAME': '«gertrudis»', 'SHELL': '/bin/zsh', 'LANG': 'pl_PL.UTF-8'})",
        "uid=1000(«gertrudis») gid=1000(«gertrudis») groups=1000(«gertrudis»)",
        "drwxr-xr-x 2 «gertrudis» «gertrudis» 4096 Aug  1 10:00 loras",
        "«gertrudis»@«studio-mira»:~/ComfyUI$ python main.py",
        "(comfy) «gertrudis»@«studio-mira»:/opt/ComfyUI$ ./run.sh",
        "«Gertrudis-MacBook-Pro»:ComfyUI «gertrudis»$ python main.py",
        "«gertrudis»@«Gertrudis-MBP» ComfyUI % python main.py",
        r"PS C:\Users\«gertrudis»\ComfyUI> python main.py",
        "wandb: Currently logged in as: «gertrudis» (example-team) to https://api.wandb.ai. Use `wandb login --relogin` to force relogin",
        "sudo: «gertrudis» : TTY=pts/0 ; COMMAND=/usr/bin/nvidia-smi",
        "Comfy-User: «gertrudis_7f3a» GET /userdata",
        "{'username': '«Gertrudis Wojtek»', 'id': 3, 'class_type': 'SaveImage'}",
        r"C:\Users\«gertrudis»\OneDrive - «Krause Fotostudio GmbH»\ComfyUI",
        r"D:\Dropbox («Krause Fotostudio GmbH»)\ComfyUI",
    ),
    "a name or a face in a file's name": (
        "Prompt executed, saved to /data/output/«gertrudis_wedding_00001_».png",
        "  - Custom validation failed for node: image - Invalid image file: «Gertrudis Wojtek passport».jpeg",
        "  - Value not in list: image: '«Gertrudis face».webp [input]' not in ['«bild».png']",
        "GET /view?filename=«gertrudis%20beach».webp&type=output 200",
        r"Cannot open D:\out\«Gertrudis (1).JPG»",
        "clipspace/«clipspace-mask-gertrudis».png [input]",
        "[VHS] encoded «gertrudis_dance».mp4 in 3.2 s",
        "[F5-TTS] reference «voice-of-gertrudis».wav 24000 Hz",
        "saved «प्रियंका».png",
        "[ReActor] source face «gertrudis-e4e».jpg found 1 face",
        "[Power LoRA] loading lora «gertrudis_wojtek_v3».safetensors strength 0.8",
        "  - Value not in list: lora_name: '«gertrudis_v2».safetensors' not in ['«jadwiga».safetensors', '«portraits/przemek».safetensors']",
        "  - Value not in list: lora_name: '{'content': '«gertrudis_v5».safetensors', 'image': None}' not in (list of length 72)",
        r"  - Value not in list: lora_name: '«..\models\loras\people\gertrudis_v6».safetensors' not in (list of length 9)",
        "Loading /models/loras/«people/gertrudis».safetensors",
        r"{'inputs': {'lora_name': '«gertrudis\\v4».safetensors', 'strength_model': 0.8}, 'class_type': 'LoraLoader'}",
        "<lora:«gertrudis_xl»:0.8> applied to Flux",
        "warning, embedding:«gertrudis-ti» does not exist, ignoring",
    ),
    "how to reach a person": (
        "git config user.email «gertrudis.wojtek+git@fotokrause.example»",
        "Author: Gardener <«g.wojtek@fotokrause.example»>",
        "Terms: contact «support@krause-fotostudio.example» or call «+49 151 23456789»",
        "[SMS node] to «+14155550132» sent in 0.4 s",
        "caller «(415) 555-0132» rejected",
        "{'phone': '«0151 2345 6789»', 'steps': 20}",
    ),
    "what a person wants to see": (
        "Prompt: «portrait of Gertrudis Wojtek, bare shoulders»",
        "[INFO] Positive prompt: «1girl, gertrudis, red dress»",
        "negative_prompt: «ugly, wojtek, blurry»",
        "{'6': {'inputs': {'text': '«gertrudis on the beach at night»', 'clip': ['11', 1]}, 'class_type': 'CLIPTextEncode'}}",
        "generate(prompt='«a girl's birthday, gertrudis»', seed=3, steps=20)",
        '{"positive": "«gertrudis in a garden»", "negative": ["7", 0], "seed": 5}',
        "[Florence2] caption: «The image shows a woman named Gertrudis»",
        "[WD14] tags: «1girl, solo, gertrudis, brown hair»",
        "[Ollama] Generated text: «A portrait of Gertrudis in the rain»",
        'ValueError: Prompt "«gertrudis, nude, studio light»" exceeds the maximum length of 77',
        "  - Failed to convert an input value to a INT value: seed, «gertrudis in the snow», invalid literal for int() with base 10: '«gertrudis in the snow»'",
        "  - Value not in list: mode: '«gertrudis in the deep snow»' not in ['fast', 'slow']",
        '{"type": "Note", "widgets_values": ["«gertrudis in the deep snow»", "fixed", 20]}',
        "[Wildcards] wildcard_text: '«__hair__ gertrudis»', mode: populate",
        "{'clip_l': '«gertrudis, park»', 't5xxl': '«a photo of gertrudis»', 'guidance': 3.5}",
        "{'text': '«一位名叫玛丽的女士»', 'x': 1}",
        "{'filename_prefix': '«gertrudis/portrait»', 'images': ['8', 0]}",
        '{"text": "«a portrait of gertrudis that the log cuts o»',
    ),
    # --- places ---------------------------------------------------------------------------------------------------
    "where the server stands and who talks to it": (
        "To see the GUI go to: http://«192.168.77.20»:8188",
        "To see the GUI go to: http://[«fd00:77::1:20»]:8188",
        "Starting server on «10.77.12.13» with 2 workers",
        "connection from «203.0.113.77» closed",
        "peer «2001:db8:85a3::8a2e:370:7334» left",
        "link «fe80::1ff:fe23:4567:890a%eth0» up",
        "peer «::ffff:10.77.2.3» left",
        "comfyui_«192.168.77.21».log rotated",
        "server at https://«render-mira.krause.example»:8188/queue",
        "https://«mira7-8188.proxy.runpod.net»/ws 502",
        "tunnel https://«mira-krause-tunnel.trycloudflare.com» is up",
        "connected to «render-mira.lan»:8188",
        "connected to «render-mira.fritz.box» port 8188",
        "mDNS: «Gertrudis-MacBook-Pro.local» is up",
        r"\\«mira-nas»\«mira-models»\flux1-dev.safetensors",
        r"\\«mira-nas»\«secret project»\flux1-dev.safetensors",
        r"'\\\\«mira-nas»\\«mira-models»\\flux1-dev.safetensors'",
        "Cannot connect to host «mira-render»:8188 ssl:default [Connect call failed]",
        "HTTPConnectionPool(host='«mira-render»', port=8188): Max retries exceeded with url: /prompt",
        "Failed to resolve '«mira-nas»' ([Errno -2] Name or service not known)",
        "WARNING: request with non matching host and origin «mira-render»:8188 != «evil-krause.example», returning 403",
        "running on «DESKTOP-7A1B2C3»",
        "COMPUTERNAME=«MIRA-WORKSTATION» OS=Windows_NT",
        "environ({'HOSTNAME': '«mira7-pod»', 'LANG': 'C'})",
        "uname_result(system='Linux', node='«mira-render»', release='6.8.0-45-generic', machine='x86_64')",
        "Linux «mira-render» 6.8.0-45-generic #45-Ubuntu SMP PREEMPT_DYNAMIC x86_64 GNU/Linux",
        "SSH_CLIENT=«203.0.113.78» 51234 22",
        "Interrupting prompt «{x8}-{x4}-{x4}-{x4}-{x12}»",
        "GET /ws?clientId=«{x32}» 101",
        "Feature flags negotiated for client «{x32}»: {'supports_preview_metadata': True}",
        "RAM cache evictions for «{x8}-{x4}-{x4}-{x4}-{x12}» node=7",
        "GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-«{x8}-{x4}-{x4}-{x4}-{x12}»)",
        "eth0: ether «02:42:ac:11:00:77»  txqueuelen 0",
        "Physical Address: «00-1A-2B-3C-4D-77»",
    ),
}

CORPUS: tuple[Planted, ...] = tuple(_planted(why, marked) for why, rows in _ROWS.items() for marked in rows)

"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const root = document.documentElement;
  const THEMES = ["auto", "light", "dark"];
  const STATES = { up: ["up", "good"], down: ["is down", "bad"], stalled: ["does not answer in time", "look"] };
  const OUTCOMES = { success: "good", cached: "", interrupted: "look", cut_off: "look", error: "bad", oom: "bad" };
  const STALLS = {
    not_started: "prompts wait and none runs",
    silent_busy: "the run is silent, its GPU may work",
    silent_idle: "the run is silent and its GPU idle",
  };

  const text = (tag, value, name = "") => {
    const element = document.createElement(tag);
    element.textContent = value;
    if (name) element.className = name;
    return element;
  };
  const seconds = (value) => {
    if (value === null || value === undefined) return "?";
    if (value < 60) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
    const whole = Math.round(value);
    return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  };
  const gib = (bytes) => (bytes === null || bytes === undefined ? "?" : `${(bytes / 2 ** 30).toFixed(1)} GiB`);
  const clock = (unix) => (unix === null ? "?" : new Date(unix * 1000).toLocaleTimeString());
  const share = (value) => `${Math.max(0, Math.min(100, 100 * value)).toFixed(2)}%`;

  const part = (width, name, left = "0%") => {
    const span = document.createElement("span");
    if (name) span.className = name;
    span.style.width = width;
    span.style.left = left;
    return span;
  };

  const health = (told) => {
    const [words, mark] = STATES[told.server.state] || ["read from its log", "good"];
    const stalled = told.stall !== null;
    at("state").textContent = stalled ? `${told.name}: ${STALLS[told.stall]}` : `${told.name} ${told.server.state === "up" ? "is up" : words}`;
    at("health").className = stalled ? "look" : mark;
    at("reason").textContent = told.server.state === "up" ? "" : told.server.reason || "";
    const facts = [];
    if (told.queue) facts.push(["Queue", `${told.queue.running} running, ${told.queue.pending} waiting`]);
    if (told.server.version) facts.push(["ComfyUI", told.server.version]);
    if (told.limit_seconds !== null) facts.push(["Limit", seconds(told.limit_seconds)]);
    if (told.recommended_seconds !== null) facts.push(["Recommended limit", seconds(told.recommended_seconds)]);
    facts.push(["Log lines", `${told.log.lines}`]);
    if (told.history && told.history.waiting) facts.push(["History", `${told.history.waiting} runs wait to be written`]);
    at("facts").replaceChildren(
      ...facts.map(([name, value]) => {
        const pair = document.createElement("div");
        pair.append(text("dt", name), text("dd", value));
        return pair;
      }),
    );
  };

  const inFlight = (told) => {
    const run = told.run;
    for (const item of document.querySelectorAll(".phases li")) {
      item.classList.toggle("on", run !== null && item.dataset.phase === run.phase);
    }
    at("progress").hidden = run === null;
    const guess = run && run.prediction;
    at("sentence").textContent = guess ? guess.sentence : "";
    at("sentence").className = run && run.at_risk ? "bad" : "";
    if (run === null) {
      at("run").textContent = "none";
      return;
    }
    const step = guess && guess.total_steps ? `, step ${guess.steps} of ${guess.total_steps}` : "";
    at("run").textContent = `${run.workflow || "a workflow not known yet"}: ${seconds(run.elapsed_seconds)}${step}`;
    const end = guess ? run.used_seconds + Math.max(0, guess.ends_at - told.at) : run.used_seconds;
    const whole = Math.max(end, run.used_seconds, told.limit_seconds || 0) || 1;
    const expected = at("expected");
    at("used").className = run.phase;
    at("used").style.width = share(run.used_seconds / whole);
    expected.style.left = share(run.used_seconds / whole);
    expected.style.width = share((end - run.used_seconds) / whole);
    expected.className = `${run.phase} faint`;
    const limit = at("limit");
    limit.hidden = told.limit_seconds === null;
    limit.style.left = share((told.limit_seconds || 0) / whole);
    at("progress").setAttribute("aria-label", `${seconds(run.used_seconds)} used, about ${seconds(end)} expected`);
  };

  const gpus = (told) => {
    const rows = told.gpus.map((gpu) => {
      const row = document.createElement("div");
      const peak = gpu.run_peak_bytes === null ? "" : `, ${gib(gpu.run_peak_bytes)} at most in this run`;
      const busy = gpu.utilisation_ratio === null ? "" : `, ${Math.round(100 * gpu.utilisation_ratio)} % busy`;
      row.append(text("p", `GPU ${gpu.gpu} ${gpu.name || ""}: ${gib(gpu.used_bytes)} of ${gib(gpu.total_bytes)}${peak}${busy}`));
      const bar = document.createElement("div");
      bar.className = "bar";
      if (gpu.total_bytes) {
        bar.append(part(share((gpu.used_bytes || 0) / gpu.total_bytes), "memory"));
        if (gpu.run_peak_bytes) bar.append(part("2px", "peak", share(gpu.run_peak_bytes / gpu.total_bytes - 0.002)));
      }
      row.append(bar);
      if (gpu.others.length) {
        const named = gpu.others.map((one) => `${one.name || "a program"} (process ${one.pid}) ${gib(one.used_bytes)}`);
        row.append(text("p", `Also on it: ${named.join(", ")}`, "also"));
      }
      return row;
    });
    at("gpus").replaceChildren(...(rows.length ? rows : [text("p", "neither a driver nor the server tells")]));
  };

  const phases = (run) => {
    const cell = document.createElement("td");
    const stack = document.createElement("div");
    stack.className = "stack";
    const all = Object.values(run.phases).reduce((sum, one) => sum + one, 0) || 1;
    const words = [];
    for (const [phase, length] of Object.entries(run.phases)) {
      const piece = text("span", "", phase);
      piece.style.width = share(length / all);
      stack.append(piece);
      words.push(`${phase.replace("_", " ")} ${seconds(length)}`);
    }
    stack.title = words.join(", ");
    stack.setAttribute("role", "img");
    stack.setAttribute("aria-label", words.join(", ") || "not known");
    cell.append(stack);
    return cell;
  };

  const lastRuns = (told) => {
    at("runs").replaceChildren(
      ...told.runs.map((run) => {
        const row = document.createElement("tr");
        const outcome = run.failure ? `${run.outcome}: ${run.failure}` : run.outcome;
        row.append(
          text("td", clock(run.ended_at)),
          text("td", run.workflow),
          text("td", outcome, OUTCOMES[run.outcome] || ""),
          text("td", seconds(run.seconds)),
          text("td", run.queue_seconds === null ? "" : seconds(run.queue_seconds)),
          phases(run),
          text("td", run.vram ? gib(run.vram.peak_bytes) : ""),
        );
        return row;
      }),
    );
  };

  const show = (told) => {
    health(told);
    inFlight(told);
    gpus(told);
    lastRuns(told);
    root.dataset.ready = "";
  };

  const choose = (theme) => {
    root.dataset.theme = theme;
    at("theme").querySelector("span").textContent = theme;
    at("theme").setAttribute("aria-label", `Colours: ${theme}`);
  };
  try { choose(localStorage.getItem("comfymeter-theme") || "auto"); } catch { choose("auto"); }
  at("theme").addEventListener("click", () => {
    choose(THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length]);
    try { localStorage.setItem("comfymeter-theme", root.dataset.theme); } catch { /* nothing may be kept here */ }
  });

  const source = new EventSource(`events?target=${encodeURIComponent(document.body.dataset.target)}`);
  source.addEventListener("message", (event) => show(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    at("state").textContent = "comfymeter does not answer; trying again";
    at("health").className = "look";
  });
})();

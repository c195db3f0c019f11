// The play page: keys go out with a number and a time, frames come in and are painted, and each painted one is told of.
import { timecode } from "/static/frames.js";
import { Controls } from "/static/play/controls.js";
import { Meter } from "/static/play/meter.js";

const HEAD = 40;
const [TRUE, FINISHED, RECORDED] = [1, 2, 4];
const root = document.querySelector("[data-play]");
const find = (name) => document.querySelector(`[data-${name}]`);
const dream = find("dream");
const truth = find("true");
const meter = new Meter(find("meter"));
let [fps, steps, seq, count, reel, paused, ready, opened] = [20, [], 0, 0, 0, true, false, false];
let tuned = 0; // settings that were sent: what is told of earlier ones must not move the sliders back
let waiting = null; // the frame that is to be painted next: never more than one

const socket = new WebSocket(`ws://${location.host}/socket`);
socket.binaryType = "arraybuffer";
const say = (type, facts = {}) => {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, ...facts }));
};

// --- painting

const paint = (canvas, bytes) => {
  const context = canvas.getContext("2d", { alpha: false });
  const image = context.createImageData(canvas.width, canvas.height);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0, j = 0; i < out.length; i++, j += 3) out[i] = 0xff000000 | (bytes[j + 2] << 16) | (bytes[j + 1] << 8) | bytes[j];
  context.putImageData(image, 0, 0);
};

const read = (buffer) => {
  const view = new DataView(buffer);
  const [number, known, action, flags] = [0, 4, 8, 12].map((at) => view.getUint32(at, true));
  const [wait, model, simulator, encode, inside, settle] = [16, 20, 24, 28, 32, 36].map((at) => view.getFloat32(at, true));
  return { number, seq: known, action, flags, wait, model, simulator, encode, inside, settle, buffer, arrived: performance.now() };
};

const show = () => {
  const frame = waiting;
  waiting = null;
  const size = dream.width * dream.height * 3;
  paint(dream, new Uint8Array(frame.buffer, HEAD, size));
  if (frame.flags & TRUE) paint(truth, new Uint8Array(frame.buffer, HEAD + size, size));
  find("truth").textContent = frame.flags & FINISHED ? "the simulator: its level is over" : "the simulator, same actions";
  if (frame.model) count += 1;
  reel = frame.flags & RECORDED ? reel + 1 : 0;
  find("timecode").textContent = timecode(count, fps);
  find("reel").textContent = timecode(reel, fps);
  // The task after this frame: the picture has been handed to the screen by then.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    meter.painted(frame, frame.arrived, performance.now());
    say("painted", { frame: frame.number });
    port1.close();
  };
  port2.postMessage(null);
};

const fit = () => {
  find("worlds").classList.toggle("both", !find("other").hidden);
  for (const canvas of [dream, truth]) {
    const glass = canvas.parentElement;
    glass.style.width = ""; // as wide as the stylesheet allows, then whole screen pixels for each pixel of the world
    const times = Math.floor((glass.clientWidth * devicePixelRatio) / canvas.width);
    if (times >= 2) glass.style.width = `${(times * canvas.width) / devicePixelRatio}px`;
  }
};

// --- saying

const controls = new Controls(
  (action, time) => {
    seq += 1;
    if (!paused) meter.key(seq, time);
    say("keys", { action, seq });
    for (const item of find("actions").children) item.classList.toggle("on", Number(item.dataset.index) === action);
    find("action").textContent = controls.actions[action]?.name.replaceAll("_", " ") ?? "–";
  },
  (order) => act(order),
);

const act = (order) => {
  if (!ready) return;
  if (order === "pause") say("pause", { on: !paused });
  if (order === "once") say("once");
  if (order === "reset") {
    count = 0;
    say("reset");
  }
  if (order === "side") say("side", { on: find("other").hidden });
  if (order === "record") {
    const on = root.querySelector('[data-do="record"]').getAttribute("aria-pressed") !== "true";
    if (on && paused) say("pause", { on: false });
    say("record", { on, production: find("production").value });
  }
};

const ORDERS = { p: "pause", ".": "once", 0: "reset", r: "record", t: "side" };

const typing = (event) => event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea");

addEventListener("keydown", (event) => {
  if (typing(event) || (event.code === "Space" && event.target.matches("button, a, summary"))) return;
  const order = ORDERS[event.key.toLowerCase()];
  if (order && !event.repeat) act(order);
  else if (event.repeat ? !controls.held.has(event.code) : !controls.down(event)) return;
  else if (paused && ready && !opened && !event.repeat) act("pause");
  event.preventDefault();
});
addEventListener("keyup", (event) => controls.up(event));
addEventListener("blur", () => controls.release());
document.addEventListener("visibilitychange", () => document.hidden && !paused && say("pause", { on: true }));
addEventListener("resize", fit);

for (const button of document.querySelectorAll("[data-do]"))
  button.addEventListener("click", () => {
    act(button.dataset.do);
    if (button.matches("[data-begin]")) dream.focus({ preventScroll: true });
  });
for (const button of document.querySelectorAll("[data-held]")) {
  const name = button.dataset.held;
  const what = name === "up" ? ["up", "jump"] : [name];
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    button.classList.add("on");
    controls.hold(`touch-${name}`, what, event.timeStamp);
    if (paused && ready) act("pause");
    event.preventDefault();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
    button.addEventListener(end, (event) => {
      button.classList.remove("on");
      controls.drop(`touch-${name}`, event.timeStamp);
    });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
for (const button of document.querySelectorAll("[data-place]"))
  button.addEventListener("click", () => {
    count = 0;
    say("reset", { place: Number(button.dataset.place) });
    dream.focus({ preventScroll: true });
    root.scrollIntoView({ block: "nearest" });
  });
find("model").addEventListener("change", (event) => {
  meter.clear();
  say("model", { word: event.target.value });
});
const tune = () => say("tune", { number: (tuned += 1), steps: steps[Number(find("steps").value)], temperature: Number(find("temperature").value) });
for (const name of ["steps", "temperature"]) {
  find(name).addEventListener("change", () => {
    meter.clear();
    tune();
  });
  find(name).addEventListener("input", () => {
    find("steps-told").textContent = steps[Number(find("steps").value)] ?? "–";
    find("temperature-told").textContent = Number(find("temperature").value).toFixed(2);
  });
}

// --- hearing

const state = (now) => {
  paused = now.paused;
  if (!paused) opened = true;
  find("problem").hidden = true;
  find("connection").textContent = paused ? "paused" : "playing";
  find("connection").className = `state ${paused ? "waiting" : "running"}`;
  find("runtime").textContent = now.runtime;
  find("word").textContent = now.model;
  find("pause").textContent = paused ? "play" : "pause";
  find("begin").hidden = !paused || opened;
  find("begin").disabled = !ready;
  find("begin-text").textContent = "Press a key to play";
  find("model").value = now.word;
  for (const button of document.querySelectorAll("[data-place]")) button.setAttribute("aria-pressed", String(Number(button.dataset.place) === now.place));
  steps = now.steps;
  const fixed = !steps.length;
  find("fixed").hidden = !fixed;
  find("steps").disabled = find("temperature").disabled = fixed;
  if (now.tuned === tuned) {
    find("steps").max = Math.max(0, steps.length - 1);
    find("steps").value = Math.max(0, steps.indexOf(now.chosen.steps));
    find("steps").setAttribute("aria-valuetext", fixed ? "none" : `${now.chosen.steps}`);
    find("temperature").value = now.chosen.temperature;
    find("steps-told").textContent = fixed ? "–" : now.chosen.steps;
    find("temperature-told").textContent = fixed ? "–" : Number(now.chosen.temperature).toFixed(2);
  }
  const record = root.querySelector('[data-do="record"]');
  record.setAttribute("aria-pressed", String(now.recording));
  find("tally").hidden = !now.recording;
  const side = root.querySelector('[data-do="side"]');
  if (side) {
    side.setAttribute("aria-pressed", String(now.side));
    side.disabled = !now.simulator;
  }
  if (find("other").hidden === now.side) {
    find("other").hidden = !now.side;
    fit();
  }
};

const tell = (text, problem) => {
  const [shown, other] = problem ? ["problem", "said"] : ["said", "problem"];
  find(shown).textContent = text;
  find(shown).hidden = !text;
  if (problem) find(other).hidden = true;
};

const HEARD = {
  hello: (said) => {
    controls.actions = said.actions;
    [fps, ready] = [said.fps, true];
    fit();
  },
  state,
  busy: (said) => {
    find("connection").textContent = said.text;
    find("connection").className = "state waiting";
  },
  kept: (said) => {
    const seconds = (said.frames / said.fps).toFixed(1);
    const item = document.createElement("li");
    item.textContent = `${said.file}, ${seconds} s${said.why ? ` (${said.why})` : ""}`;
    find("takes").prepend(item);
    tell(`Kept ${said.file}, ${seconds} seconds.${said.command ? ` ${said.command} screens it.` : ""}`);
  },
  error: (said) => tell(said.text, true),
};

socket.onmessage = ({ data }) => {
  if (typeof data === "string") {
    const said = JSON.parse(data);
    HEARD[said.type]?.(said);
    return;
  }
  if (waiting === null) requestAnimationFrame(show);
  waiting = read(data);
};
socket.onclose = () => {
  ready = false;
  find("connection").textContent = "closed";
  find("connection").className = "state stopped";
  find("begin").disabled = true;
  if (find("problem").hidden) tell("The connection is gone. Run `studio world play` again, or load the page again.", true);
};

const look = (time) => {
  controls.poll(time);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
fit();

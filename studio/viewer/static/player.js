// The projectionist: seek by the strip, step frames, J K L, loop, timecode. Every page works without this file.
import { frame, frames, rate, ready, show, timecode } from "/static/frames.js";
import { Shuttle, listen } from "/static/shuttle.js";

const main = () => document.querySelector("video[data-main]");
const desk = document.querySelector("[data-transport]");
const part = (name) => desk && desk.querySelector(`[data-${name}]`);
const strip = () => [...document.querySelectorAll(".strip a[data-frame]")];

let active = null; // the video that keys speak to: the film, or the take that was touched last
const shuttle = new Shuttle(() => {
  if (!active || !active.isConnected) active = main() || document.querySelector("video");
  return active ? [active] : [];
});

const current = (now) => strip().filter((shot) => Number(shot.dataset.first) <= now && now < Number(shot.dataset.end)).pop();

const follow = () => {
  const film = main();
  if (!film) return;
  const now = frame(film);
  if (part("timecode")) part("timecode").value = timecode(now, rate(film));
  const here = current(now);
  for (const shot of strip()) {
    if (shot === here) shot.setAttribute("aria-current", "true");
    else shot.removeAttribute("aria-current");
  }
};

const tell = () => {
  if (!desk) return;
  const speed = shuttle.speed;
  part("play").textContent = speed ? "pause" : "play";
  part("rate").value = speed && speed !== 1 ? `${speed}×` : "";
};

const tick = () => {
  follow();
  tell();
  shuttle.turn();
  if (shuttle.speed) requestAnimationFrame(tick);
};

const act = (key) => {
  if (key === "/") {
    const looping = !shuttle.loop;
    const film = main();
    const shot = film && active === film && current(frame(film));
    const range = shot ? [Number(shot.dataset.frame), Number(shot.dataset.end)] : null;
    shuttle.loop = looping ? () => range || [0, frames(shuttle.lead)] : null;
    const button = desk && desk.querySelector('[data-do="/"]');
    if (button) button.setAttribute("aria-pressed", String(looping));
    return true;
  }
  const done = shuttle.lead !== undefined && shuttle.act(key);
  if (done) requestAnimationFrame(tick);
  return done;
};

const dress = () => {
  if (desk) desk.hidden = !main();
  follow();
  tell();
};

// Media events do not bubble: they are caught on their way down, so a film that arrives later is heard too.
for (const event of ["seeked", "timeupdate", "loadedmetadata", "pause"]) {
  document.addEventListener(event, () => {
    follow();
    tell();
  }, true);
}
document.addEventListener("play", (event) => {
  for (const other of document.querySelectorAll("video")) if (other !== event.target) other.pause();
  active = event.target;
  requestAnimationFrame(tick);
}, true);
for (const event of ["focus", "pointerdown"]) {
  document.addEventListener(event, ({ target }) => {
    if (!(target instanceof HTMLVideoElement)) return;
    if (active !== target) shuttle.reverse = 0;
    active = target;
  }, true);
}

// A shot that dissolves in is shown from where it is whole: its first frames still belong to the one before.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) {
    active = main() || active;
    act(button.dataset.do);
    return;
  }
  const note = event.target.closest("a[data-seek]");
  if (note && main() && note.pathname === location.pathname) {
    event.preventDefault();
    active = main();
    shuttle.pause();
    ready(active, () => show(active, Number(note.dataset.seek)));
    return;
  }
  const shot = event.target.closest(".strip a[data-frame]");
  const film = main();
  if (!shot || !film || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  active = film;
  ready(film, () => show(film, Number(shot.dataset.frame)));
});
document.addEventListener("studio:changed", dress);
listen(act);
dress();

// Two takes of a shot under one desk: side by side, or one over the other with a wipe. Without this file each plays alone.
import { frame, frames, rate, ready, timecode } from "/static/frames.js";
import { Shuttle, listen } from "/static/shuttle.js";

const pair = document.querySelector("[data-pair]");
const videos = pair ? [...pair.querySelectorAll("video")] : [];

if (videos.length === 2) {
  const find = (name) => document.querySelector(`[data-${name}]`);
  const [desk, scrubber, scrub, wiper, wipe, view] = ["transport", "scrubber", "scrub", "wiper", "wipe", "view"].map(find);
  // The longer take leads: the other waits on its last frame.
  const shuttle = new Shuttle(() => [...videos].sort((a, b) => frames(b) - frames(a)));

  const tell = () => {
    const lead = shuttle.lead;
    const now = frame(lead);
    desk.querySelector("[data-timecode]").value = timecode(now, rate(lead));
    desk.querySelector("[data-play]").textContent = shuttle.speed ? "pause" : "play";
    desk.querySelector("[data-rate]").value = shuttle.speed && shuttle.speed !== 1 ? `${shuttle.speed}×` : "";
    scrub.value = now;
    scrub.setAttribute("aria-valuetext", timecode(now, rate(lead)));
  };

  const tick = () => {
    tell();
    shuttle.follow();
    shuttle.turn();
    if (shuttle.speed) requestAnimationFrame(tick);
  };

  const put = () => pair.style.setProperty("--wipe", `${wipe.value}%`);

  const swap = () => {
    const over = view.getAttribute("aria-pressed") !== "true";
    view.setAttribute("aria-pressed", String(over));
    pair.classList.toggle("over", over);
    wiper.hidden = !over;
    put();
  };

  const act = (key) => {
    if (key === "w") {
      swap();
      return true;
    }
    if (key === "/") {
      shuttle.loop = shuttle.loop ? null : () => [0, frames(shuttle.lead)];
      desk.querySelector('[data-do="/"]').setAttribute("aria-pressed", String(shuttle.loop !== null));
      return true;
    }
    const done = shuttle.act(key);
    if (done) requestAnimationFrame(tick);
    return done;
  };

  for (const video of videos) {
    video.controls = false; // one desk for both
    video.muted = true; // two sounds at once are none
    ready(video, () => {
      scrub.max = Math.max(...videos.map(frames)) - 1;
      tell();
    });
    for (const event of ["seeked", "timeupdate", "pause", "ended"]) video.addEventListener(event, tell);
    video.addEventListener("click", () => act("k"));
  }
  desk.hidden = scrubber.hidden = false;
  desk.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) act(button.dataset.do);
  });
  view.addEventListener("click", swap);
  wipe.addEventListener("input", put);
  pair.addEventListener("pointermove", (event) => {
    if (!pair.classList.contains("over") || (event.pointerType !== "mouse" && !event.pressure)) return;
    const box = pair.getBoundingClientRect();
    wipe.value = Math.round(((event.clientX - box.left) / box.width) * 100);
    put();
  });
  scrub.addEventListener("input", () => {
    shuttle.pause();
    shuttle.seek(Number(scrub.value));
  });
  listen(act);
  tell();
}

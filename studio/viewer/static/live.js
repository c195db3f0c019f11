// Live pages: htmx swaps in what the server sends; here stands what it must not swap.
import { Patient } from "/static/patient.js";

htmx.createEventSource = (url) => new Patient(url);

// A reconnected stream tells again what is on the page already: a take keeps its place, a film its player.
document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const incoming = fragment.firstElementChild;
  if (!target || !incoming) return;
  const again = incoming.id && incoming.id !== target.id && document.getElementById(incoming.id);
  const same = incoming.dataset.version !== undefined && incoming.dataset.version === target.dataset.version;
  // Who is watching a take is not torn away from it by the next one; the film itself may interrupt.
  const video = target.querySelector("video");
  const watched = incoming.dataset.rushes !== undefined && video && !video.paused;
  if (again || same || watched) event.detail.shouldSwap = false;
});

document.body.addEventListener("htmx:sseMessage", () => {
  document.dispatchEvent(new CustomEvent("studio:changed"));
});

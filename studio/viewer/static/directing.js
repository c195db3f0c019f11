// Notes take the frame that is on the screen. Without this file people type it.
const follow = (event) => {
  const video = event.target;
  const take = video instanceof HTMLVideoElement && /^\/media\/take\/(\d+)/.exec(video.getAttribute("src") || "");
  const form = take && document.querySelector(`[data-note-of="${take[1]}"]`);
  if (!form) return;
  const field = form.elements.namedItem("frame");
  const frame = Math.floor(video.currentTime * (Number(video.dataset.fps) || 24) + 1e-3);
  field.value = String(Math.min(frame, Number(field.max) || frame));
};

for (const name of ["seeked", "timeupdate", "pause"]) document.addEventListener(name, follow, true);

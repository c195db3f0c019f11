// Notes take the frame that is on the screen. Without this file people type it.
"use strict";

document.querySelectorAll("[data-note-of]").forEach((form) => {
  const video = document.querySelector(`video[src="/media/take/${form.dataset.noteOf}"]`);
  const field = form.querySelector('[name="frame"]');
  if (!video || !field) return;
  const follow = () => {
    const frame = Math.floor(video.currentTime * (Number(video.dataset.fps) || 24) + 1e-3);
    field.value = String(Math.min(frame, Number(field.max) || frame));
  };
  for (const event of ["seeked", "timeupdate", "pause"]) video.addEventListener(event, follow);
});

// The projectionist: seek by the strip, step frames, J K L, timecode. Every page works without this file.
"use strict";

(() => {
  const videos = [...document.querySelectorAll("video")];
  const main = document.querySelector(".room video");
  if (!videos.length) return;
  let active = main || videos[0];
  let reverse = 0; // how fast the film runs backwards; 0 when it does not
  let last = 0;

  const rate = (video) => Number(video.dataset.fps) || 24;
  const frame = (video) => Math.floor(video.currentTime * rate(video) + 1e-3);

  // Half a frame in: a time on the border between two frames may show either.
  const show = (video, number) => {
    const frames = Math.max(0, Math.floor((video.duration || 0) * rate(video) + 0.5) - 1);
    video.currentTime = (Math.min(Math.max(0, number), frames || number) + 0.5) / rate(video);
  };

  const timecode = (number, fps) => {
    const base = Math.round(fps);
    const two = (n) => String(n).padStart(2, "0");
    const seconds = Math.floor(number / base);
    return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60, number % base].map(two).join(":");
  };

  const display = document.querySelector("[data-timecode]");
  const strip = [...document.querySelectorAll(".strip a[data-frame]")];

  const follow = () => {
    if (!main) return;
    const now = frame(main);
    if (display) display.textContent = timecode(now, rate(main));
    let current = null;
    for (const shot of strip) if (Number(shot.dataset.first) <= now && now < Number(shot.dataset.end)) current = shot;
    for (const shot of strip) {
      if (shot === current) shot.setAttribute("aria-current", "true");
      else shot.removeAttribute("aria-current");
    }
  };

  const tick = () => {
    follow();
    if (main && !main.paused) requestAnimationFrame(tick);
  };

  if (main) {
    const keys = document.querySelector("[data-keys]");
    if (keys) keys.hidden = false;
    main.addEventListener("play", tick);
    for (const event of ["seeked", "timeupdate", "loadedmetadata"]) main.addEventListener(event, follow);
  }

  // A shot that dissolves in is shown from where it is whole: its first frames still belong to the one before.
  for (const shot of strip) {
    shot.addEventListener("click", (event) => {
      if (!main || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const seek = () => show(main, Number(shot.dataset.frame));
      if (main.readyState > 0) seek();
      else {
        main.addEventListener("loadedmetadata", seek, { once: true });
        main.load();
      }
    });
  }

  for (const video of videos) {
    for (const event of ["play", "focus", "pointerdown"]) {
      video.addEventListener(event, () => {
        if (event === "play") for (const other of videos) if (other !== video) other.pause();
        if (active !== video) reverse = 0;
        active = video;
      });
    }
  }

  const back = (time) => {
    if (!reverse) return;
    const passed = (time - last) / 1000;
    if (!active.seeking && passed * rate(active) * reverse >= 1) {
      last = time;
      active.currentTime = Math.max(0, active.currentTime - passed * reverse);
      if (active.currentTime === 0) reverse = 0;
    }
    requestAnimationFrame(back);
  };

  const step = (by) => {
    reverse = 0;
    active.pause();
    show(active, frame(active) + by);
  };

  const shuttle = {
    ",": () => step(-1),
    ".": () => step(1),
    k: () => {
      reverse = 0;
      active.pause();
      active.playbackRate = 1;
    },
    l: () => {
      const running = !active.paused;
      active.playbackRate = running ? Math.min(8, active.playbackRate * 2) : 1;
      reverse = 0;
      if (!running) active.play().catch(() => {});
    },
    j: () => {
      active.pause();
      const started = reverse > 0;
      reverse = started ? Math.min(8, reverse * 2) : 1;
      if (!started) {
        last = performance.now();
        requestAnimationFrame(back);
      }
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const act = shuttle[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
  follow();
})();

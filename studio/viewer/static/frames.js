// Frames and timecodes: a film is counted in frames, a video element in seconds.

export const rate = (video) => Number(video.dataset.fps) || 24;

export const frame = (video) => Math.floor(video.currentTime * rate(video) + 1e-3);

export const frames = (video) => Math.max(0, Math.round((video.duration || 0) * rate(video)));

// Half a frame in: a time on the border between two frames may show either.
export const show = (video, number) => {
  const last = frames(video) - 1;
  const wanted = Math.max(0, last > 0 ? Math.min(number, last) : number);
  video.currentTime = (wanted + 0.5) / rate(video);
};

// Once the video knows how long it is; `then` runs at once where it does already.
export const ready = (video, then) => {
  if (video.readyState > 0) then();
  else {
    video.addEventListener("loadedmetadata", then, { once: true });
    if (video.preload === "none") video.preload = "metadata";
    video.load();
  }
};

export const timecode = (number, fps) => {
  const base = Math.round(fps);
  const two = (n) => String(n).padStart(2, "0");
  const seconds = Math.floor(number / base);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60, number % base].map(two).join(":");
};

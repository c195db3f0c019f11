// J K L: a shuttle over one video or several that run together. The first of them leads.
import { frame, rate, show } from "/static/frames.js";

const FASTEST = 8;

export class Shuttle {
  constructor(videos) {
    this.videos = videos; // a function: the film's element is replaced when there is a new cut
    this.reverse = 0; // how fast the film runs backwards; 0 when it does not
    this.loop = null; // () => [first, end) in frames, or null
  }

  get lead() {
    return this.videos()[0];
  }

  get speed() {
    if (this.reverse) return -this.reverse;
    return this.lead && !this.lead.paused ? this.lead.playbackRate : 0;
  }

  pause() {
    this.reverse = 0;
    for (const video of this.videos()) {
      video.pause();
      video.playbackRate = 1;
    }
    this.align();
  }

  // Those that follow show the very frame of the leader when it stands.
  align() {
    const [lead, ...others] = this.videos();
    if (lead) for (const other of others) if (frame(other) !== frame(lead)) show(other, frame(lead));
  }

  // While they run, a follower that has drifted by more than a frame is put back.
  follow() {
    const [lead, ...others] = this.videos();
    if (!lead) return;
    for (const other of others) {
      if (other.ended || other.seeking) continue;
      if (Math.abs(other.currentTime - lead.currentTime) * rate(lead) > 1.5) other.currentTime = lead.currentTime;
    }
  }

  seek(number) {
    this.reverse = 0;
    for (const video of this.videos()) show(video, number);
  }

  step(by) {
    if (!this.lead) return;
    const now = frame(this.lead);
    this.pause();
    this.seek(now + by);
  }

  play(speed = 1) {
    this.reverse = 0;
    for (const video of this.videos()) {
      video.playbackRate = speed;
      video.play().catch(() => {}); // a file that is gone says so in the element itself
    }
  }

  forward() {
    this.play(this.speed > 0 ? Math.min(FASTEST, this.speed * 2) : 1);
  }

  back() {
    const started = this.reverse > 0;
    const speed = started ? Math.min(FASTEST, this.reverse * 2) : 1;
    this.pause();
    this.reverse = speed;
    if (!started) {
      this.last = performance.now();
      requestAnimationFrame((time) => this.rewind(time));
    }
  }

  rewind(time) {
    const lead = this.lead;
    if (!this.reverse || !lead) return;
    const passed = (time - this.last) / 1000;
    if (!lead.seeking && passed * rate(lead) * this.reverse >= 1) {
      this.last = time;
      const to = Math.max(0, lead.currentTime - passed * this.reverse);
      for (const video of this.videos()) video.currentTime = to;
      if (to === 0) this.reverse = 0;
    }
    requestAnimationFrame((next) => this.rewind(next));
  }

  // Keep to the loop: called at every frame that is shown.
  turn() {
    const range = this.loop && this.loop();
    if (!range || !this.lead || this.lead.seeking) return;
    const now = frame(this.lead);
    if (now >= range[1] - 1 || this.lead.ended) {
      const running = !this.lead.paused || this.lead.ended;
      this.seek(range[0]);
      if (running) this.play(this.lead.playbackRate);
    }
  }

  // What a key or a button asks for; false where it is none of the shuttle's.
  act(key) {
    const acts = {
      ",": () => this.step(-1),
      ".": () => this.step(1),
      j: () => this.back(),
      k: () => (this.speed ? this.pause() : this.play()),
      " ": () => acts.k(),
      l: () => this.forward(),
    };
    if (!acts[key]) return false;
    acts[key]();
    return true;
  }
}

// Keys for everything on the page but fields and what has keys of its own.
export const listen = (act) => {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, select, textarea, [contenteditable], dialog")) return;
    // Space presses a button and plays a video that has the focus; anywhere else it is K.
    if (event.key === " " && event.target.closest("a, button, summary, video")) return;
    if (act(event.key.length === 1 ? event.key.toLowerCase() : event.key)) event.preventDefault();
  });
};

// From key to paint: measured from the key's own time to the task after the frame in which the picture was drawn.

const KEPT = 200;
const PARTS = ["network", "wait", "model", "encoding", "paint"];

export const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] : NaN;
};

export class Meter {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.keys = new Map();
    this.clear();
  }

  clear() {
    this.times = [];
    this.frames = [];
    this.shown = 0;
  }

  key(seq, time) {
    this.keys.set(seq, time);
  }

  // What a frame showed first was pressed between the one before and `seq`: the newest key is the one that waited least.
  painted(frame, arrived, now) {
    this.frames.push(now);
    while (this.frames.length && this.frames[0] < now - 2000) this.frames.shift();
    const pressed = this.keys.get(frame.seq);
    for (const seq of this.keys.keys()) if (seq <= frame.seq) this.keys.delete(seq);
    if (pressed !== undefined) {
      const total = now - pressed;
      const paint = now - arrived;
      const inside = frame.wait + frame.model + frame.simulator + frame.encode;
      this.times.push({ total, network: Math.max(0, total - paint - inside), wait: frame.wait, model: frame.model,
        encoding: frame.simulator + frame.encode, paint });
      if (this.times.length > KEPT) this.times.shift();
    }
    if (now - this.shown > 250) {
      this.shown = now;
      this.tell();
    }
  }

  get fps() {
    const count = this.frames.length - 1;
    return count > 0 ? (1000 * count) / (this.frames[count] - this.frames[0]) : NaN;
  }

  tell() {
    const figure = (value, digits = 0) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
    const [p50, p95] = [0.5, 0.95].map((share) => quantile(this.times.map((t) => t.total), share));
    this.find("fps").textContent = figure(this.fps, 1);
    this.find("p50").textContent = Number.isFinite(p50) ? `${figure(p50)} ms` : "–";
    this.find("p95").textContent = Number.isFinite(p95) ? `${figure(p95)} ms` : "–";
    const bars = this.find("bar").children;
    const rows = this.find("parts").children;
    const facts = { fps: this.fps, p50, p95, keys: this.times.length };
    PARTS.forEach((part, n) => {
      const median = quantile(this.times.map((t) => t[part]), 0.5);
      rows[n].querySelector("b").textContent = Number.isFinite(median) ? `${figure(median, median < 10 ? 1 : 0)} ms` : "–";
      bars[n].style.flexGrow = String(Number.isFinite(median) ? median : 0);
      facts[part] = median;
      facts[`${part}95`] = quantile(this.times.map((t) => t[part]), 0.95);
    });
    this.root.dataset.figures = JSON.stringify(facts);
  }
}

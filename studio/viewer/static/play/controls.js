// What is held on the keyboard, a gamepad or the touch buttons, and the action that it means.

const KEYS = {
  ArrowLeft: ["left"], ArrowRight: ["right"], ArrowUp: ["up", "jump"], ArrowDown: ["down"],
  KeyA: ["left"], KeyD: ["right"], KeyW: ["up", "jump"], KeyS: ["down"],
  Space: ["jump"], ShiftLeft: ["run"], ShiftRight: ["run"],
};
const BUTTONS = { 0: ["jump"], 2: ["run"], 7: ["run"], 12: ["up", "jump"], 13: ["down"], 14: ["left"], 15: ["right"] };
const ORDERS = { 3: "record", 9: "pause" };

// `changed(action, time)` is called when the action that is held changes; `order(name)` for a gamepad's own buttons.
export class Controls {
  constructor(changed, order) {
    Object.assign(this, { changed, order, actions: [], action: 0, digit: null, held: new Map(), pad: new Set(), pressed: new Set() });
  }

  // Each action with what it needs; the one with the most needs that are all held wins, of equals the newest.
  mean() {
    if (this.digit !== null) return this.digit;
    const order = [...this.held.values()].flat();
    let best = 0;
    let score = -1;
    for (const { action, needs } of this.actions) {
      if (!needs || !needs.every((need) => order.includes(need))) continue;
      const now = needs.length * 100 + Math.max(0, ...needs.map((need) => order.lastIndexOf(need)));
      if (now > score) [best, score] = [action, now];
    }
    return best;
  }

  told(time) {
    const action = this.mean();
    if (action === this.action) return;
    this.action = action;
    this.changed(action, time);
  }

  hold(name, what, time) {
    if (this.held.has(name)) return;
    this.held.set(name, what);
    this.told(time);
  }

  drop(name, time) {
    if (this.held.delete(name)) this.told(time);
  }

  release(time = performance.now()) {
    this.held.clear();
    this.digit = null;
    this.told(time);
  }

  // Whether the key was one to play with.
  down(event) {
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (digit && Number(digit[1]) <= this.actions.length) {
      this.digit = Number(digit[1]) - 1;
      this.told(event.timeStamp);
      return true;
    }
    if (!(event.code in KEYS)) return false;
    this.hold(event.code, KEYS[event.code], event.timeStamp);
    return true;
  }

  up(event) {
    if (/^Digit/.test(event.code) && this.digit !== null) {
      this.digit = null;
      this.told(event.timeStamp);
    }
    this.drop(event.code, event.timeStamp);
  }

  // Gamepads have no events: they are looked at once a frame.
  poll(time) {
    const now = new Set();
    for (const pad of navigator.getGamepads?.() ?? []) {
      if (!pad) continue;
      pad.buttons.forEach((button, n) => button.pressed && now.add(n));
      const [x = 0, y = 0] = pad.axes;
      if (x < -0.5) now.add(14);
      if (x > 0.5) now.add(15);
      if (y < -0.5) now.add(12);
      if (y > 0.5) now.add(13);
    }
    for (const n of now) {
      if (this.pressed.has(n)) continue;
      if (n in ORDERS) this.order(ORDERS[n]);
      if (n in BUTTONS) this.hold(`pad${n}`, BUTTONS[n], time);
    }
    for (const n of this.pressed) if (!now.has(n)) this.drop(`pad${n}`, time);
    this.pressed = now;
  }
}

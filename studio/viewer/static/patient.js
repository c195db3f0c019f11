// A page that nobody looks at does not listen: browsers keep six connections to a server, films need some of them.
// When it is looked at again it says what it shows, and hears of what has changed since.
export class Patient extends EventTarget {
  constructor(url) {
    super();
    this.url = new URL(url, location.href);
    this.look = () => (document.hidden ? this.rest() : this.listen());
    document.addEventListener("visibilitychange", this.look);
    this.look();
  }

  get readyState() {
    return this.source ? this.source.readyState : EventSource.CONNECTING;
  }

  listen() {
    if (this.source) return;
    const shown = (id) => document.getElementById(id)?.dataset.version;
    const takes = [...document.querySelectorAll("li.take[id]")].map((take) => Number(take.id.slice(5)));
    if (shown("scenes")) this.url.searchParams.set("shots", shown("scenes"));
    if (shown("scenes")) this.url.searchParams.set("seen", Math.max(0, ...takes));
    if (shown("shelf")) this.url.searchParams.set("cards", shown("shelf"));
    this.source = new EventSource(this.url);
    this.source.onopen = (event) => this.onopen?.(event);
    this.source.onerror = (event) => {
      const over = this.source.readyState === EventSource.CLOSED;
      this.onerror?.(event); // whoever listens opens another
      if (over) this.close();
    };
    this.source.addEventListener("update", ({ data }) => this.dispatchEvent(new MessageEvent("update", { data })));
  }

  rest() {
    this.source?.close();
    this.source = undefined;
  }

  close() {
    this.rest();
    document.removeEventListener("visibilitychange", this.look);
  }
}

/** The browser's own sockets, and how much has gone through each. */

export class CountedSocket extends WebSocket {
  sent = 0;
  heard = 0;

  constructor(url: string | URL, protocols: string | string[] = []) {
    super(url, protocols);
    this.addEventListener("message", () => {
      this.heard += 1;
    });
  }

  override send(text: string): void {
    super.send(text);
    this.sent += 1;
  }
}

/** Sockets that are noted in `all` as they are made. */
export function noted(all: CountedSocket[]): typeof WebSocket {
  return class extends CountedSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      all.push(this);
    }
  };
}

// The time line as it comes: a WebSocket that goes on where it stopped, also over a restart.

const RETRY_MS = 1000;

// `listener` hears `entries(list, first)`, `started(hello, anew)` and `state(name, words)`.
export function follow(listener) {
  const seen = { run: "", position: 0 };

  function open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/_local/feed?after=${seen.run}.${seen.position}`);
    socket.addEventListener("message", ({ data }) => received(JSON.parse(data)));
    socket.addEventListener("close", () => {
      listener.state("lost", "the emulator does not answer");
      setTimeout(open, RETRY_MS);
    });
  }

  function received(message) {
    if (message.run !== undefined) return started(message);
    seen.position = message.first + message.entries.length - 1;
    return listener.entries(message.entries, message.first);
  }

  function started(hello) {
    const anew = seen.run !== hello.run;
    const again = anew && seen.run !== "";
    if (anew) Object.assign(seen, { run: hello.run, position: 0 });
    listener.started(hello, again);
    listener.state("live", "live");
  }

  listener.state("connecting", "connecting…");
  open();
}

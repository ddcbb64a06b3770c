/** One socket, from its handshake to its end. */
import { asError, HeliographError } from "./errors.js";
import {
  endingOf,
  endingOfClose,
  type Frame,
  type Message,
  parse,
  requestRefusal,
} from "./frames.js";
import { type Notification, readNotification } from "./notifications.js";
import { Pending } from "./pending.js";

/** A Lambda function behind API Gateway answers within 29 s or not at all. */
const ANSWER_TIMEOUT_MS = 30_000;
const MAX_FRAME_BYTES = 32 * 1024;
/** Of a pong that somebody waits for: the page is looked at, or the network is back. */
const PROBE_TIMEOUT_MS = 5_000;

export interface Listener {
  readonly onNotification: (notification: Notification) => void;
  /** Hears every other frame in the order of arrival, before who asked for it. */
  readonly onFrame: (frame: Frame) => void;
  /** Hears of errors that answer no request. */
  readonly onError: (error: HeliographError) => void;
}

/** Listens from the start; every request waits for its own answers, and ends with the connection. */
export class Connection {
  /** Why it ended. */
  readonly ended: Promise<HeliographError>;
  /** The same, once it has. */
  ending: HeliographError | null = null;
  readonly #opened: Promise<void>;
  readonly #pending = new Pending();
  #finish!: (error: HeliographError) => void;
  #heardAt = Date.now();
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  readonly #socket: WebSocket;
  readonly #listener: Listener;

  constructor(socket: WebSocket, listener: Listener) {
    this.#socket = socket;
    this.#listener = listener;
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#opened = new Promise((resolve) => {
      socket.onopen = () => resolve();
    });
    socket.onerror = () => {}; // A close follows. Node's sockets throw what nobody listens to.
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = ({ code, reason }) => this.end(endingOfClose(code, reason));
  }

  /** Introduces the client once the socket is open. `compose` is called no sooner. */
  async hello(compose: () => Message): Promise<Frame> {
    const patience = setTimeout(() => this.end(noAnswer(ANSWER_TIMEOUT_MS)), ANSWER_TIMEOUT_MS);
    try {
      const ended = await Promise.race([this.#opened, this.ended]);
      if (ended) throw ended;
      const [welcome] = await this.request(compose());
      if (welcome?.type === "welcome") return welcome;
      throw new HeliographError("lost", "hello got no welcome");
    } finally {
      clearTimeout(patience);
    }
  }

  /** One answer, or one for each of `topics`. Throws `request_refused`, `no_answer`, or why it ended. */
  async request(
    message: Message,
    topics: readonly string[] = [],
    timeoutMs = ANSWER_TIMEOUT_MS,
  ): Promise<Frame[]> {
    const [id, answered] = this.#pending.open(topics);
    const timeout = setTimeout(() => {
      this.#pending.fail(noAnswer(timeoutMs), id);
      // The line may be dead, and the next ping nine minutes away.
      if (message.type !== "ping") void this.probe(ANSWER_TIMEOUT_MS);
    }, timeoutMs);
    try {
      this.send({ ...message, id });
      return await answered;
    } catch (error) {
      this.#pending.fail(asError(error, "lost"), id);
      throw error;
    } finally {
      clearTimeout(timeout);
    }
  }

  /** Throws why it ended, and `request_refused` for what API Gateway would close it for. */
  send(message: Message): void {
    if (this.ending) throw this.ending; // The socket would drop it without a word.
    const text = JSON.stringify(message);
    if (new TextEncoder().encode(text).length > MAX_FRAME_BYTES) {
      throw new HeliographError("request_refused", "more than a frame carries", { code: 4413 });
    }
    this.#socket.send(text);
  }

  /** Ping whenever nothing was heard for so long: what the server pushes counts as well. */
  keepAlive(intervalMs: number): void {
    clearTimeout(this.#heartbeat);
    if (intervalMs <= 0 || this.ending) return;
    const quietMs = Date.now() - this.#heardAt;
    if (quietMs < intervalMs) {
      this.#heartbeat = setTimeout(() => this.keepAlive(intervalMs), intervalMs - quietMs);
    } else {
      void this.probe(ANSWER_TIMEOUT_MS).then(() => this.keepAlive(intervalMs));
    }
  }

  /** Whether it is still there; it ends if not. */
  async probe(timeoutMs = PROBE_TIMEOUT_MS): Promise<void> {
    try {
      await this.request({ type: "ping" }, [], timeoutMs);
    } catch (error) {
      // Any answer is a sign of life.
      if (error instanceof HeliographError && error.kind === "no_answer") this.end(error);
    }
  }

  /** Ends it, if it has not ended by itself. */
  end(why: HeliographError): void {
    if (this.ending) return;
    this.ending = why;
    clearTimeout(this.#heartbeat);
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#pending.fail(why);
    this.#finish(why);
  }

  #take(data: unknown): void {
    this.#heardAt = Date.now();
    const frame = parse(data);
    if (!frame) return;
    if (frame.type === "notification") {
      const notification = readNotification(frame);
      if (notification) this.#listener.onNotification(notification);
      return;
    }
    const ending = endingOf(frame);
    if (ending) return this.end(ending);
    this.#listener.onFrame(frame);
    if (!this.#pending.settle(frame) && frame.type === "error") {
      this.#listener.onError(requestRefusal(frame));
    }
  }
}

function noAnswer(ms: number): HeliographError {
  return new HeliographError("no_answer", `the server did not answer within ${ms / 1000} s`);
}

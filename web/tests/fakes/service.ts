/** The service as a page sees it: sockets that take a moment and break, topics with numbered streams. */
import type { Frame } from "../../src/frames.js";
import { Delays, type Dice } from "./delays.js";
import { FakeSocket, WELCOME } from "./sockets.js";

const EPOCH = "e";
const IMPLICIT = ["general", "user:alice"];

const idOf = (topic: string, seq: number) => `${topic}${seq}`;

class StormSocket extends FakeSocket {
  readonly topics = new Set<string>();
  isUp = true;
  readonly toServer: Delays;
  readonly toClient: Delays;

  constructor(
    url: string,
    readonly service: StormService,
    readonly owner: object,
    dice: Dice,
  ) {
    super(url);
    this.toServer = new Delays(dice, 40);
    this.toClient = new Delays(dice, 40);
    service.sockets.push(this);
    this.toClient.run(() => {
      if (this.isUp && !this.isClosed) this.accept();
    });
  }

  override send(text: string): void {
    super.send(text);
    const frame: Frame = JSON.parse(text);
    this.toServer.run(() => {
      if (this.isUp) this.service.answer(this, frame);
    });
  }

  /** API Gateway hears of it a moment later. */
  override close(): void {
    super.close();
    this.toServer.run(() => {
      this.isUp = false;
    });
  }

  push(frame: object): void {
    const text = JSON.stringify(frame);
    this.toClient.run(() => {
      if (this.isOpen) this.say(text);
    });
  }

  break(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.toClient.run(() => {
      if (!this.isClosed) this.drop();
    });
  }
}

export class StormService {
  readonly sockets: StormSocket[] = [];
  /** Whether it refuses nobody any more. */
  isCalm = false;
  #refusals = 0;
  /** How many in each stream. */
  readonly #published = new Map<string, number>();

  constructor(readonly dice: Dice) {}

  get open(): StormSocket[] {
    return this.sockets.filter(({ isUp }) => isUp);
  }

  socketsOf(owner: object): typeof WebSocket {
    const service = this;
    return class extends StormSocket {
      constructor(url: string) {
        super(url, service, owner, service.dice);
      }
    } as unknown as typeof WebSocket;
  }

  seqOf(topic: string): number {
    return this.#published.get(topic) ?? 0;
  }

  idsOf(topic: string): string[] {
    return Array.from({ length: this.seqOf(topic) }, (_, before) => idOf(topic, before + 1));
  }

  publish(topic: string): void {
    const seq = this.seqOf(topic) + 1;
    this.#published.set(topic, seq);
    for (const socket of this.open) if (socket.topics.has(topic)) this.#notify(socket, topic, seq);
  }

  breakAll(): void {
    for (const socket of this.open) socket.break();
  }

  breakSocketsOf(owner: object): void {
    for (const socket of this.open) if (socket.owner === owner) socket.break();
  }

  rollOver(): void {
    for (const socket of this.open) {
      socket.push({ type: "disconnect", code: 4200, reason: "rollover", reconnect: true });
      socket.break();
    }
  }

  refuseNext(): void {
    this.#refusals = 1;
  }

  answer(socket: StormSocket, frame: Frame): void {
    const { id } = frame;
    const topics = (frame["topics"] ?? []) as string[];
    if (frame.type === "hello") this.#welcome(socket, frame, topics);
    if (frame.type === "ping") socket.push({ type: "pong", id });
    if (frame.type === "replay") this.#replay(socket, frame);
    for (const topic of topics) {
      if (frame.type === "subscribe") {
        socket.topics.add(topic);
        socket.push({ type: "subscribed", id, topic, epoch: EPOCH, seq: this.seqOf(topic) });
      }
      if (frame.type === "unsubscribe") {
        socket.topics.delete(topic);
        socket.push({ type: "unsubscribed", id, topic });
      }
    }
  }

  #welcome(socket: StormSocket, { id, ...hello }: Frame, topics: readonly string[]): void {
    if (this.#refusals > 0 && !this.isCalm) {
      this.#refusals -= 1;
      socket.push({ type: "error", code: 4004, message: "too many", fatal: true });
      socket.break();
      return;
    }
    for (const topic of topics) socket.topics.add(topic);
    const given = hello["resume"] as Record<string, { seq: number }>;
    const resume: Record<string, object> = {};
    const due: [string, number][] = [];
    for (const name of new Set([...IMPLICIT, ...topics, ...Object.keys(given)])) {
      const seq = this.seqOf(name);
      const from = given[name]?.seq;
      if (!IMPLICIT.includes(name) && !topics.includes(name)) {
        resume[name] = { recovered: false, reason: "not_subscribed" };
      } else if (from === undefined) {
        resume[name] = { epoch: EPOCH, seq, recovered: false, reason: "no_position" };
      } else {
        resume[name] = { epoch: EPOCH, seq, recovered: true, replayed: seq - from };
        for (let each = from + 1; each <= seq; each += 1) due.push([name, each]);
      }
    }
    socket.push({ ...WELCOME, id, resume, subscriptions: [...IMPLICIT, ...topics] });
    for (const [name, seq] of due) this.#notify(socket, name, seq, true);
  }

  #replay(socket: StormSocket, frame: Frame): void {
    const stream = frame["stream"] as string;
    const seq = this.seqOf(stream);
    for (let each = (frame["after_seq"] as number) + 1; each <= seq; each += 1)
      this.#notify(socket, stream, each, true);
    const { id } = frame;
    socket.push({ type: "replayed", id, stream, epoch: EPOCH, seq, has_more: false });
  }

  #notify(socket: StormSocket, topic: string, seq: number, replay = false): void {
    const place = { stream: topic, topic, epoch: EPOCH, seq, replay };
    socket.push({ type: "notification", id: idOf(topic, seq), ...place });
  }
}

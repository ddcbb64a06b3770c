/** One line for all tabs of an origin and a user: the tab with the lock has it, the others use it there. */
import { Candidacy } from "./candidacy.js";
import { closedByOwner, type HeliographError } from "./errors.js";
import type { Frame, Message } from "./frames.js";
import { Line, type LineOptions } from "./line.js";
import type { Emit, Link, LinkEvents } from "./link.js";
import type { Notification } from "./notifications.js";
import type { Change } from "./states.js";
import { answered, drop, joined, TabCalls } from "./tab_calls.js";
import type { Call, Join, Method, TabMessage } from "./tab_messages.js";
import { pack, unpack } from "./tab_messages.js";
import { isDue, WantedTopics } from "./wanted_topics.js";
import { standingOf, Whereabouts } from "./whereabouts.js";

const JOINING_MS = 5_000; // for other tabs to say what they want of a new leader

type Browser = Pick<Navigator, "locks"> & Pick<typeof globalThis, "BroadcastChannel">;

export class SharedLine implements Link {
  readonly #tab = `${Date.now()}.${Math.random()}`;
  readonly #channel: BroadcastChannel;
  readonly #calls = new TabCalls(this.#tab);
  readonly #wanted = new WantedTopics();
  readonly #whereabouts = new Whereabouts();
  readonly #candidacy: Candidacy;
  #last: Change = { status: "connecting", error: null, retryInMs: null };
  #line: Line | null = null; // while we have the lock
  #hasLeft = false;
  #joining: ReturnType<typeof setTimeout> | undefined;
  readonly #options: LineOptions;
  readonly #emit: Emit;

  constructor(name: string, options: LineOptions, emit: Emit, browser: Browser) {
    this.#options = options;
    this.#emit = emit;
    this.#candidacy = new Candidacy(browser.locks, name, () => this.#lead());
    this.#channel = new browser.BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data as TabMessage);
    this.#wanted.add(this.#tab, options.topics);
  }

  get topics(): readonly string[] {
    return this.#wanted.of(this.#tab);
  }

  open(): void {
    this.#emit("change", this.#last);
    globalThis.addEventListener?.("pagehide", this.#leave);
    this.#join();
  }

  close(): void {
    globalThis.removeEventListener?.("pagehide", this.#leave);
    this.#leave();
    this.#last = { status: "disconnected", error: closedByOwner(), retryInMs: null };
    this.#channel.close();
    this.#emit("change", { ...this.#last, error: null });
  }

  reconnect(): void {
    if (this.#last.status === "refused") this.#join();
    else this.#call("reconnect").catch(() => {});
  }

  probe(): void {
    if (this.#hasLeft) this.#join();
    this.#call("probe").catch(() => {});
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#wanted.whileAsked(this.#tab, topics, this.#call("subscribe", topics));
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    this.#wanted.remove(this.#tab, topics);
    await this.#call("unsubscribe", topics);
  }

  request(message: Message, topics: readonly string[] = []): Promise<Frame[]> {
    return this.#call("request", message, topics) as Promise<Frame[]>;
  }

  async send(message: Message): Promise<void> {
    await this.#call("send", message);
  }

  #say(message: TabMessage): void {
    if (this.#last.status !== "disconnected") this.#channel.postMessage(message);
  }

  #call(method: Method, ...values: unknown[]): Promise<unknown> {
    const { status, error } = this.#last;
    if (status === "refused" || status === "disconnected") return Promise.reject(error);
    return this.#calls.make(method, values, (call) => this.#ask(call));
  }

  /** The page is gone, or put aside with its lock: others go on without it. It may come back. */
  readonly #leave = (): void => {
    const line = this.#line;
    this.#say({ kind: "leave", from: this.#tab });
    this.#hasLeft = true;
    this.#whereabouts.uncover();
    this.#end(closedByOwner());
    this.#candidacy.giveBack();
    line?.close();
  };

  #join(answers = false): void {
    this.#hasLeft = false;
    const positions = this.#whereabouts.known?.positions;
    this.#say({ kind: "join", from: this.#tab, topics: this.topics, positions, answers });
    this.#candidacy.stand();
  }

  #lead(): void {
    const { known, topics } = this.#whereabouts;
    const line = new Line(
      { ...this.#options, topics: new Set([...this.topics, ...topics]) },
      (name, value) => this.#tell(line, name, value),
    );
    if (known) line.restore(known.positions);
    this.#line = line;
    this.#say({ kind: "lead" });
    line.open();
    for (const call of this.#calls.open) void this.#ask(call);
    this.#joining = setTimeout(() => drop(line, this.#wanted.unwanted(line.topics)), JOINING_MS);
  }

  #end(error: HeliographError): void {
    this.#line = null;
    clearTimeout(this.#joining);
    this.#candidacy.rest();
    this.#calls.fail(error);
  }

  /** What our line says goes to the other tabs as well, until we have it no more. */
  #tell<Name extends keyof LinkEvents>(line: Line, name: Name, value: LinkEvents[Name]): void {
    if (this.#line !== line) return;
    const standing = standingOf(line);
    this.#whereabouts.hear(standing, true);
    this.#say({ kind: "heard", name, value: pack(name, value), standing });
    this.#deliver(name, value);
  }

  #deliver<Name extends keyof LinkEvents>(name: Name, value: LinkEvents[Name]): void {
    if (name === "change") {
      this.#last = value as Change;
      // No tab tries again until one is asked to, or opened: that one may know a better token. Until
      // it joins the lock is kept: the next in the queue may not have heard of the refusal yet.
      if (this.#last.status === "refused" && this.#last.error) this.#end(this.#last.error);
    }
    const { topic } = value as Notification;
    if (name === "notification" && !isDue(topic, this.topics, this.#whereabouts.topics)) return;
    this.#emit(name, value);
  }

  #hear(message: TabMessage): void {
    if (this.#hasLeft) return;
    const line = this.#line;
    if (message.kind === "answer" && message.to === this.#tab) {
      this.#whereabouts.hear(message.standing, false);
      this.#calls.settle(message);
    }
    if (message.kind === "heard" && !line && (message.to ?? this.#tab) === this.#tab) {
      this.#whereabouts.hear(message.standing, message.isOurs === true);
      this.#deliver(message.name, unpack(message.name, message.value));
    }
    if (message.kind === "lead" && !line) {
      this.#whereabouts.uncover();
      this.#join(true);
      for (const call of this.#calls.open) void this.#ask(call);
    }
    if (!line && message.kind === "join" && !message.answers) this.#candidacy.giveBack();
    if (message.kind === "leave") drop(line, this.#wanted.remove(message.from));
    if (!line) return;
    if (message.kind === "join") void this.#welcome(line, message);
    if (message.kind === "call") void this.#ask(message);
  }

  async #welcome(line: Line, join: Join): Promise<void> {
    const tell = (isOurs: boolean) => {
      const heard = { kind: "heard", to: join.from, name: "change", isOurs } as const;
      const value = pack("change", this.#last);
      if (this.#line === line) this.#say({ ...heard, value, standing: standingOf(line) });
    };
    tell(false);
    await joined(line, this.#wanted, join).catch((error) => this.#tell(line, "error", error));
    tell(true);
  }

  /** The leader, if there is one. The next one is asked what this one does not answer. */
  async #ask(call: Call): Promise<void> {
    const line = this.#line;
    if (!line) return this.#say(call);
    const answer = await answered(line, this.#wanted, call);
    if (this.#line !== line) return;
    if (call.from === this.#tab) this.#calls.settle(answer);
    else this.#say(answer);
  }
}

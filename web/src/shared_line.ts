/** One line for all tabs of an origin and a user: the tab with the lock has it, the others use it there. */
import { Candidacy } from "./candidacy.js";
import { asError, HeliographError } from "./errors.js";
import type { Frame, Message } from "./frames.js";
import { Line, type LineOptions } from "./line.js";
import type { Emit, Link, LinkEvents } from "./link.js";
import type { Notification } from "./notifications.js";
import type { Change } from "./states.js";
import { performed, TabCalls } from "./tab_calls.js";
import type { Answer, Call, Heard, Method, Standing, TabMessage } from "./tab_messages.js";
import { pack, packError, unpack } from "./tab_messages.js";
import { without } from "./topics.js";
import { isDue, WantedTopics } from "./wanted_topics.js";

/** So long do other tabs have to say what they want of a new leader. */
const JOINING_MS = 5_000;

export interface Browser {
  readonly locks: LockManager;
  readonly BroadcastChannel: typeof BroadcastChannel;
}

export class SharedLine implements Link {
  readonly #tab = `${Date.now()}.${Math.random()}`;
  readonly #channel: BroadcastChannel;
  readonly #calls = new TabCalls(this.#tab);
  readonly #wanted = new WantedTopics();
  readonly #candidacy: Candidacy;
  #standing: Standing = { topics: [], positions: {} };
  #last: Change = { status: "connecting", error: null, retryInMs: null };
  /** Ours while we have the lock. */
  #line: Line | null = null;
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
    this.#join();
  }

  close(): void {
    const line = this.#line;
    const error = new HeliographError("closed", "it was closed by its owner");
    this.#say({ kind: "leave", from: this.#tab });
    this.#last = { status: "disconnected", error, retryInMs: null };
    this.#channel.close();
    this.#end(error);
    this.#candidacy.giveBack();
    line?.close();
    this.#emit("change", { ...this.#last, error: null });
  }

  reconnect(): void {
    if (this.#last.status === "refused") this.#join();
    else this.#call("reconnect").catch(() => {});
  }

  probe(): void {
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
    if (this.#line) return performed(this.#line, this.#wanted, { from: this.#tab, method, values });
    const { status, error } = this.#last;
    if (status === "refused" || status === "disconnected") return Promise.reject(error);
    return this.#calls.make(method, values, (call) => this.#say(call));
  }

  #join(answers = false): void {
    this.#say({ kind: "join", from: this.#tab, topics: this.topics, answers });
    this.#candidacy.stand();
  }

  #lead(): void {
    const { topics, positions } = this.#standing;
    const line = new Line(
      { ...this.#options, topics: new Set([...this.topics, ...topics]) },
      (name, value) => this.#tell(line, name, value),
    );
    if (this.#last.status !== "connecting") line.restore(positions);
    this.#line = line;
    this.#say({ kind: "lead" });
    line.open();
    for (const call of this.#calls.open)
      this.#answer(line, call, (each) => this.#calls.settle(each));
    this.#joining = setTimeout(() => this.#drop(this.#wanted.unwanted(line.topics)), JOINING_MS);
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
    this.#standing = { topics: [...line.topics], positions: line.reached };
    this.#say({ kind: "heard", name, value: pack(name, value), standing: this.#standing });
    this.#deliver(name, value);
  }

  #deliver<Name extends keyof LinkEvents>(name: Name, value: LinkEvents[Name]): void {
    if (name === "change") {
      this.#last = value as Change;
      // No tab tries again until one is asked to, or opened: that one may know a better token. Until
      // it joins the lock is kept: the next in the queue may not have heard of the refusal yet.
      if (this.#last.status === "refused" && this.#last.error) this.#end(this.#last.error);
    }
    if (name === "notification") {
      const { topic } = value as Notification;
      if (!isDue(topic, this.topics, this.#standing.topics)) return;
    }
    this.#emit(name, value);
  }

  #hear(message: TabMessage): void {
    const line = this.#line;
    if (message.kind === "answer" && message.to === this.#tab) this.#calls.settle(message);
    if (message.kind === "heard" && !line) this.#hearLeader(message);
    if (message.kind === "lead") {
      this.#join(true);
      for (const call of this.#calls.open) this.#say(call);
    }
    if (!line && message.kind === "join" && !message.answers) this.#candidacy.giveBack();
    if (!line) return;
    if (message.kind === "join") this.#welcome(line, message.from, message.topics);
    if (message.kind === "leave") this.#drop(this.#wanted.remove(message.from));
    if (message.kind === "call") this.#answer(line, message, (answer) => this.#say(answer));
  }

  #hearLeader({ to, name, value, standing }: Heard): void {
    if (to && to !== this.#tab) return;
    this.#standing = standing;
    this.#deliver(name, unpack(name, value));
  }

  #welcome(line: Line, tab: string, topics: readonly string[]): void {
    this.#wanted.add(tab, topics);
    const missing = without(topics, line.topics);
    if (missing.length)
      line.subscribe(missing).catch((error) => this.#tell(line, "error", asError(error, "lost")));
    const value = pack("change", this.#last);
    this.#say({ kind: "heard", to: tab, name: "change", value, standing: this.#standing });
  }

  #answer(line: Line, call: Call, say: (answer: Answer) => void): void {
    const { from: to, number } = call;
    performed(line, this.#wanted, call).then(
      (value) => say({ kind: "answer", to, number, value }),
      (error) => say({ kind: "answer", to, number, error: packError(asError(error, "lost")) }),
    );
  }

  #drop(topics: readonly string[]): void {
    if (topics.length) this.#line?.unsubscribe(topics).catch(() => {});
  }
}

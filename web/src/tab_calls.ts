/** Calls of a tab that another tab answers. */
import { asError, type HeliographError } from "./errors.js";
import type { Line } from "./line.js";
import {
  type Answer,
  type Call,
  type Join,
  type Method,
  packError,
  unpackError,
} from "./tab_messages.js";
import { without } from "./topics.js";
import type { WantedTopics } from "./wanted_topics.js";
import { standingOf } from "./whereabouts.js";

interface Open {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: HeliographError) => void;
}

export class TabCalls {
  readonly #calls = new Map<number, Open>();
  #count = 0;
  readonly #from: string;

  constructor(from: string) {
    this.#from = from;
  }

  /** What is not answered yet: a leader may have gone without an answer. */
  get open(): Call[] {
    return [...this.#calls.values()].map(({ call }) => call);
  }

  make(method: Method, asked: readonly unknown[], say: (call: Call) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#count += 1;
      // A channel copies no proxy and no function; a socket would send what JSON makes of them.
      const values = JSON.parse(JSON.stringify(asked));
      const call: Call = { kind: "call", from: this.#from, number: this.#count, method, values };
      this.#calls.set(call.number, { call, resolve, reject });
      say(call);
    });
  }

  settle({ number, value, error }: Answer): void {
    const open = this.#calls.get(number);
    this.#calls.delete(number);
    if (error) open?.reject(unpackError(error));
    else open?.resolve(value);
  }

  fail(error: HeliographError): void {
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}

/** What a line answers to a tab's call. It keeps what any tab wants. */
export async function performed(
  line: Line,
  wanted: WantedTopics,
  { from, method, values }: Pick<Call, "from" | "method" | "values">,
): Promise<unknown> {
  const topics = values[0] as readonly string[];
  if (method === "subscribe") return wanted.whileAsked(from, topics, line.subscribe(topics));
  if (method !== "unsubscribe") return (line[method] as (...all: unknown[]) => unknown)(...values);
  const unwanted = wanted.remove(from, topics);
  return unwanted.length ? line.unsubscribe(unwanted) : undefined;
}

/** The same as a message to that tab. */
export async function answered(line: Line, wanted: WantedTopics, call: Call): Promise<Answer> {
  const outcome = await performed(line, wanted, call).then(
    (value) => ({ value }),
    (error) => ({ error: packError(asError(error, "lost")) }),
  );
  const { from: to, number } = call;
  return { kind: "answer", to, number, ...outcome, standing: standingOf(line) };
}

/** Takes in a tab with what it wants and where it is. Throws what of that is refused, when all is done. */
export async function joined(
  line: Line,
  wanted: WantedTopics,
  { from, topics, positions = {} }: Join,
): Promise<void> {
  wanted.remove(from); // It may have given some back while nobody led.
  wanted.add(from, topics);
  const missing = without(topics, line.topics);
  try {
    if (missing.length) await line.subscribe(missing);
  } catch (error) {
    throw asError(error, "lost");
  } finally {
    // No sooner: the server would not replay what is not subscribed.
    line.restore(positions);
  }
}

export function drop(line: Line | null, topics: readonly string[]): void {
  if (topics.length) line?.unsubscribe(topics).catch(() => {});
}

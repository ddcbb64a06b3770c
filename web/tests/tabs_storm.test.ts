/** Many tabs and one service, seeded: whatever happens to tabs and sockets, what was asked for comes, once. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HeliographClient } from "../src/index.js";
import "../src/shared_line.js"; // It is loaded when a page wants it: here at once.
import { FakeLocks } from "./fakes/browser.js";
import { Delays, type Dice, diceOf } from "./fakes/delays.js";
import { StormService } from "./fakes/service.js";
import { settled } from "./fakes/sockets.js";
import { jwtOf } from "./fakes/tokens.js";

const TOPICS = ["a", "b", "c"];
const STEPS = 80;
const MOST_TABS = 5;
const MINUTES_MS = 120_000;

interface Wanted {
  readonly topic: string;
  /** What is published behind it is due. */
  readonly from: number;
}

let dice: Dice;
let service: StormService;
let browser: Browser;
let hasCrashed: boolean;

beforeEach(() => {
  hasCrashed = false;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Locks and channels that all tabs share, until one crashes. */
class Browser {
  readonly locks = new FakeLocks();
  readonly channels = new Set<TabChannel>();
  readonly delays = new Delays(dice, 20);
}

interface TabChannel {
  readonly name: string;
  readonly tab: Tab;
  onmessage: ((event: { data: unknown }) => void) | null;
}

class Tab {
  readonly client: HeliographClient;
  readonly ids: string[] = [];
  wanted: Wanted[] = [];
  /** How often each topic was given back. */
  readonly #givenBack = new Map<string, number>();
  hasCrashed = false;
  #letGo!: () => void;
  readonly #crashed = new Promise<void>((resolve) => {
    this.#letGo = resolve;
  });

  constructor(topics: string[]) {
    vi.stubGlobal("navigator", { locks: { request: this.#request.bind(this) } });
    vi.stubGlobal("BroadcastChannel", channelsOf(this));
    this.client = new HeliographClient({
      url: "http://heliograph.test",
      getToken: () => jwtOf("alice"),
      WebSocket: service.socketsOf(this),
      topics,
      random: dice.next,
    });
    this.client.on("notification", ({ id }) => this.ids.push(id));
    this.client.open();
  }

  async #request(
    name: string,
    options: { signal: AbortSignal },
    granted: () => Promise<unknown>,
  ): Promise<unknown> {
    await later(dice.upTo(20));
    return browser.locks.request(name, options, async () => {
      await later(dice.upTo(20));
      return this.hasCrashed ? undefined : Promise.race([granted(), this.#crashed]);
    });
  }

  /** Gone without a word: its locks are free, its sockets break, nobody hears it any more. */
  crash(): void {
    this.hasCrashed = hasCrashed = true;
    service.breakSocketsOf(this);
    this.client.close();
    this.#letGo();
  }

  subscribe(topic: string): void {
    const givenBack = this.#givenBack.get(topic);
    this.client.subscribe(topic).then(
      () => {
        const isWanted = this.#givenBack.get(topic) === givenBack;
        if (isWanted) this.wanted.push({ topic, from: service.seqOf(topic) });
      },
      () => {}, // It was refused, or closed.
    );
  }

  unsubscribe(topic: string): void {
    this.#givenBack.set(topic, (this.#givenBack.get(topic) ?? 0) + 1);
    // What is on its way by now need not come any more.
    this.wanted = this.wanted.filter((each) => each.topic !== topic);
    this.client.unsubscribe(topic).catch(() => {});
  }
}

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function channelsOf(tab: Tab): typeof BroadcastChannel {
  class Channel implements TabChannel {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    readonly tab = tab;

    constructor(readonly name: string) {
      browser.channels.add(this);
    }

    postMessage(message: unknown): void {
      if (!browser.channels.has(this)) throw new Error("InvalidStateError");
      if (tab.hasCrashed) return;
      const data = structuredClone(message);
      const others = [...browser.channels].filter((each) => each !== this);
      for (const other of others.filter(({ name }) => name === this.name)) {
        browser.delays.run(() => {
          if (browser.channels.has(other) && !other.tab.hasCrashed) other.onmessage?.({ data });
        });
      }
    }

    close(): void {
      browser.channels.delete(this);
    }
  }
  return Channel as unknown as typeof BroadcastChannel;
}

/** What may happen, and how often of a hundred. */
const EVENTS: readonly [number, (tabs: Tab[], tab: Tab, topic: string) => unknown][] = [
  [8, (tabs, _, topic) => opened(tabs, dice.upTo(2) ? [] : [topic])],
  [4, (tabs, tab) => taken(tabs, tab).client.close()],
  [4, (tabs, tab) => taken(tabs, tab).crash()],
  [19, (_, tab, topic) => tab.subscribe(topic)],
  [7, (_, tab, topic) => tab.unsubscribe(topic)],
  [5, () => service.breakAll()],
  [3, () => service.rollOver()],
  [3, () => service.refuseNext()],
  [3, (_, tab) => tab.client.reconnect()],
  [44, (_, __, topic) => service.publish(topic)],
];

const LIKELY = EVENTS.flatMap(([often, event]) => Array.from({ length: often }, () => event));

async function opened(tabs: Tab[], topics: string[]): Promise<void> {
  if (tabs.length === MOST_TABS) return;
  tabs.push(new Tab(topics));
  await settled(); // It has its locks and channels then.
}

function taken(tabs: Tab[], tab: Tab): Tab {
  tabs.splice(tabs.indexOf(tab), 1);
  return tab;
}

async function happens(tabs: Tab[]): Promise<void> {
  const tab = dice.pick(tabs);
  const topic = dice.pick(TOPICS) as string;
  const event = dice.pick(LIKELY) as (typeof LIKELY)[number];
  await (tab ? event(tabs, tab, topic) : opened(tabs, []));
  const pauseMs = dice.pick([0, 50, 3_000]) as number;
  await vi.advanceTimersByTimeAsync(dice.upTo(pauseMs + 1));
}

/** Whoever was refused is asked to try again, and whatever was on its way arrives. */
async function calm(tabs: Tab[]): Promise<void> {
  service.isCalm = true;
  await vi.advanceTimersByTimeAsync(MINUTES_MS);
  if (tabs.some(({ client }) => client.status === "refused")) tabs[0]?.client.reconnect();
  await vi.advanceTimersByTimeAsync(MINUTES_MS);
  for (const topic of TOPICS) service.publish(topic);
  await vi.advanceTimersByTimeAsync(MINUTES_MS);
}

function missing({ wanted, ids }: Tab): string[] {
  return wanted.flatMap(({ topic, from }) =>
    service
      .idsOf(topic)
      .slice(from)
      .filter((id) => !ids.includes(id)),
  );
}

async function storm(seed: number): Promise<void> {
  dice = diceOf(seed);
  service = new StormService(dice);
  browser = new Browser();
  const tabs: Tab[] = [];
  for (let step = 0; step < STEPS; step += 1) await happens(tabs);
  await calm(tabs);

  expect(tabs.map(({ client }) => client.status)).toEqual(tabs.map(() => "connected"));
  expect(tabs.map(missing)).toEqual(tabs.map(() => []));
  expect(tabs.filter(({ ids }) => new Set(ids).size < ids.length)).toEqual([]);
  const topics = service.open.map((socket) => [...socket.topics].sort());
  // One connection for all. What a tab wanted that crashed beside its leader stays.
  const wanted = new Set(tabs.flatMap(({ client }) => client.topics));
  const kept = topics[0]?.filter((topic) => wanted.has(topic));
  expect(topics).toHaveLength(tabs.length ? 1 : 0);
  expect(kept ?? []).toEqual([...wanted].sort());
  if (!hasCrashed) expect(topics[0] ?? []).toEqual(kept ?? []);
  for (const { client } of tabs) client.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(service.open).toEqual([]);
}

// Some; SEEDS=1000 FIRST=31 for more.
const { SEEDS = "30", FIRST = "1" } = process.env;

test.each(Array.from({ length: Number(SEEDS) }, (_, each) => Number(FIRST) + each))("%i", storm);

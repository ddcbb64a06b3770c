import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Arrivals } from "../src/arrivals.js";
import type { Connection } from "../src/connection.js";
import { HeliographError } from "../src/errors.js";
import type { Message } from "../src/frames.js";
import { type Notification, readNotification } from "../src/notifications.js";
import { settled } from "./fakes/sockets.js";

/** A connection that only hears what it is asked. */
class Asked {
  readonly messages: Message[] = [];
  answer!: (error?: HeliographError) => void;

  request(message: Message): Promise<[]> {
    this.messages.push(message);
    return new Promise((resolve, reject) => {
      this.answer = (error) => (error ? reject(error) : resolve([]));
    });
  }

  get connection(): Connection {
    return this as unknown as Connection;
  }
}

let delivered: (number | null)[];
let unread: (number | null)[];
let arrivals: Arrivals;
let asked: Asked;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  [delivered, unread] = [[], []];
  arrivals = new Arrivals(
    (_, value) => {
      const arrival = value as Notification;
      delivered.push(arrival.seq);
      unread.push(arrival.unread);
    },
    () => 0.5,
  );
  asked = new Asked();
});

afterEach(() => {
  arrivals.askOf(null);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function arrive(...numbers: number[]): void {
  for (const seq of numbers) {
    const said = { id: `a${seq}`, stream: "a", epoch: "e", seq };
    arrivals.arrive(readNotification(said) as Notification);
  }
}

function begin(said: object = { recovered: false, reason: "no_position" }): void {
  const resume = { a: { epoch: "e", seq: 5, ...said } };
  arrivals.hear({ type: "welcome", resume });
  arrivals.askOf(asked.connection);
}

const REPLAY = { type: "replay", stream: "a", epoch: "e", after_seq: 5 };

test("a hole is asked about after a while, not at once", async () => {
  begin();
  arrive(7);
  await vi.advanceTimersByTimeAsync(249);
  expect(asked.messages).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);

  expect(asked.messages).toEqual([REPLAY]);
});

test("a frame that was only late is not asked for", async () => {
  begin();
  arrive(7, 6);
  await vi.advanceTimersByTimeAsync(1000);

  expect(asked.messages).toEqual([]);
  expect(delivered).toEqual([6, 7]);
});

const counted = (seq: number, unread: number | null, more: object = {}) =>
  arrivals.arrive(
    readNotification({
      ...{ id: `a${seq}`, stream: "a", epoch: "e", seq, unread, unseen: unread },
      ...more,
    }) as Notification,
  );

test("what was only late brings its counts along", () => {
  begin();
  counted(7, 2);
  counted(6, 1);

  expect(unread).toEqual([1, 2]);
});

test.each(["welcome", "unread_count_changed", "marked"])(
  "what had to wait is in the counts of a %s that came meanwhile",
  (type) => {
    begin();
    counted(7, 2);
    arrivals.hear({ type, unread: 0, unseen: 0 });
    counted(6, null, { replay: true });
    counted(8, 1);

    expect(unread).toEqual([null, null, 1]);
  },
);

test("what did not fit is asked for at once, one stream after another", async () => {
  arrivals.hear({
    type: "welcome",
    resume: Object.fromEntries(
      ["a", "b"].map((name) => [name, { epoch: "e", seq: 5, recovered: true, has_more: true }]),
    ),
  });
  arrivals.askOf(asked.connection);
  await settled();
  expect(asked.messages).toEqual([REPLAY]);
  arrivals.hear({ type: "replayed", stream: "a", epoch: "e", seq: 6 });
  asked.answer();
  await settled();

  expect(asked.messages).toEqual([REPLAY, { ...REPLAY, stream: "b" }]);
});

test("an answer that says nothing new is not asked for again at once", async () => {
  begin({ recovered: true, has_more: true });
  arrive(7);
  arrivals.hear({ type: "replayed", stream: "a", epoch: "e", seq: 5, has_more: true });
  asked.answer();
  await vi.advanceTimersByTimeAsync(499);
  expect(asked.messages).toHaveLength(1);
  expect(delivered).toEqual([7]);
  await vi.advanceTimersByTimeAsync(1);

  expect(asked.messages).toHaveLength(2);
});

test("a refusal holds nothing back", async () => {
  begin({ recovered: true, has_more: true });
  arrive(7);
  asked.answer(new HeliographError("request_refused", "no", { code: 4400 }));
  await vi.advanceTimersByTimeAsync(3_600_000);

  expect(delivered).toEqual([7]);
  expect(asked.messages).toHaveLength(1);
});

const BUSY = new HeliographError("request_refused", "busy", { code: 4503, temporary: true });
const SILENT = new HeliographError("no_answer", "nobody answered");

test.each([BUSY, SILENT])("$message: it is asked again, later each time", async (error) => {
  begin({ recovered: true, has_more: true });
  arrive(8);
  for (const [tries, delay] of [500, 1000, 2000].entries()) {
    asked.answer(error);
    await vi.advanceTimersByTimeAsync(delay - 1);
    expect(asked.messages).toHaveLength(tries + 1);
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(delivered).toEqual([8]);
  counted(6, null, { replay: true });
  arrive(9);
  counted(7, null, { replay: true });
  arrivals.hear({ type: "replayed", stream: "a", epoch: "e", seq: 8 });
  asked.answer();
  await vi.advanceTimersByTimeAsync(3_600_000);

  expect(asked.messages).toEqual([REPLAY, REPLAY, REPLAY, REPLAY]);
  expect(delivered).toEqual([8, 6, 7, 9]);
});

test("and no sooner than the server says", async () => {
  begin({ recovered: true, has_more: true });
  const details = { code: 4429, temporary: true, retryAfterMs: 7_000 };
  asked.answer(new HeliographError("request_refused", "too much", details));
  await vi.advanceTimersByTimeAsync(6_999);
  expect(asked.messages).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);

  expect(asked.messages).toHaveLength(2);
});

test("an answer ends the trouble: the next one is asked about as soon as the first was", async () => {
  begin({ recovered: true, has_more: true });
  asked.answer(BUSY);
  await vi.advanceTimersByTimeAsync(500);
  arrivals.hear({ type: "replayed", stream: "a", epoch: "e", seq: 6, has_more: true });
  asked.answer();
  await settled();
  asked.answer(BUSY);
  await vi.advanceTimersByTimeAsync(500);

  expect(asked.messages).toHaveLength(4);
});

test("the next connection brings what it is not asked for again", async () => {
  begin({ recovered: true, has_more: true });
  asked.answer(BUSY);
  await settled();
  arrivals.askOf(null);
  begin({ recovered: true, has_more: false });
  await vi.advanceTimersByTimeAsync(60_000);

  expect(asked.messages).toHaveLength(1);
});

test("what a lost connection was asked for is not given up: the next one resumes", async () => {
  begin({ recovered: true, has_more: true });
  arrive(7);
  arrivals.askOf(null);
  asked.answer(new HeliographError("lost", "the connection broke"));
  await settled();

  expect(delivered).toEqual([]);
  expect(arrivals.resume()).toEqual({ a: { epoch: "e", seq: 5 } });
});

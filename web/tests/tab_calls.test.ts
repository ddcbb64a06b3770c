import { expect, test, vi } from "vitest";
import { HeliographError } from "../src/errors.js";
import type { Line } from "../src/line.js";
import { drop, joined, performed, TabCalls } from "../src/tab_calls.js";
import { type Call, packError } from "../src/tab_messages.js";
import { WantedTopics } from "../src/wanted_topics.js";

const standing = { topics: [], positions: {} };
const error = new HeliographError("request_refused", "no", { code: 4403 });

test("a call waits for its answer, and is open until then", async () => {
  const calls = new TabCalls("here");
  const say = vi.fn();
  const made = calls.make("request", [{ type: "ping" }], say);
  const call = say.mock.calls[0]?.[0] as Call;
  expect(calls.open).toEqual([call]);
  calls.settle({ kind: "answer", to: "here", number: call.number, value: ["pong"], standing });

  expect(await made).toEqual(["pong"]);
  expect(calls.open).toEqual([]);
});

test("an answer may be an error, and all may fail", async () => {
  const calls = new TabCalls("here");
  const made = [1, 2].map(() => calls.make("probe", [], () => {}));
  calls.settle({ kind: "answer", to: "here", number: 1, error: packError(error), standing });
  calls.fail(new HeliographError("closed", "closed"));

  await expect(made[0]).rejects.toMatchObject({ code: 4403 });
  await expect(made[1]).rejects.toMatchObject({ kind: "closed" });
});

test("an answer that nobody waits for does no harm", () => {
  expect(() =>
    new TabCalls("here").settle({ kind: "answer", to: "here", number: 7, standing }),
  ).not.toThrow();
});

test("a topic is given back once no tab wants it", async () => {
  const line = { subscribe: vi.fn(), unsubscribe: vi.fn(), send: vi.fn(() => "sent") };
  const wanted = new WantedTopics();
  const perform = (from: string, method: Call["method"], ...values: unknown[]) =>
    performed(line as unknown as Line, wanted, { from, method, values });
  await perform("first", "subscribe", ["a"]);
  await perform("second", "subscribe", ["a"]);
  await perform("first", "unsubscribe", ["a"]);
  expect(line.unsubscribe).not.toHaveBeenCalled();
  await perform("second", "unsubscribe", ["a"]);

  expect(line.unsubscribe).toHaveBeenCalledWith(["a"]);
  expect(await perform("first", "send", { type: "ack" })).toBe("sent");
});

test("a tab that joins is subscribed to what is missing, and only then begun with where it was", async () => {
  const done: string[] = [];
  const line = {
    topics: new Set(["a"]),
    subscribe: async (topics: string[]) => done.push(`subscribe ${topics}`),
    restore: () => done.push("restore"),
  } as unknown as Line;
  const wanted = new WantedTopics();
  wanted.add("tab", ["old"]);
  const positions = { a: { epoch: "e", seq: 1 } };
  const join = { kind: "join", from: "tab", positions, answers: true } as const;
  await joined(line, wanted, { ...join, topics: ["a", "b"] });
  await joined(line, wanted, { ...join, topics: ["a"] });

  expect(done).toEqual(["subscribe b", "restore", "restore"]);
  expect(wanted.of("tab")).toEqual(["a"]);
});

test("also if one of its topics is refused", async () => {
  const restore = vi.fn();
  const line = { topics: new Set(), restore, subscribe: () => Promise.reject(error) };
  const join = { kind: "join", from: "tab", topics: ["b"], positions: {}, answers: true } as const;

  await expect(joined(line as unknown as Line, new WantedTopics(), join)).rejects.toBe(error);
  expect(restore).toHaveBeenCalledOnce();
});

test("topics are given back of which there are some, where there is a line", () => {
  const unsubscribe = vi.fn(() => Promise.reject(error));
  const line = { unsubscribe } as unknown as Line;
  drop(line, []);
  drop(null, ["a"]);
  drop(line, ["a"]);

  expect(unsubscribe).toHaveBeenCalledExactlyOnceWith(["a"]);
});

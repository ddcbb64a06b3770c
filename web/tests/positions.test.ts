import { beforeEach, describe, expect, test } from "vitest";
import { HeliographError } from "../src/errors.js";
import { type Notification, readNotification } from "../src/notifications.js";
import type { Gap } from "../src/position.js";
import { Positions } from "../src/positions.js";

let gaps: Gap[];
let positions: Positions;

beforeEach(() => {
  gaps = [];
  positions = new Positions((gap) => gaps.push(gap));
});

/** A number stands for a stream that stands there, and was asked for by nobody. */
function welcome(streams: Record<string, number | object>): (number | null)[] {
  const resume = Object.fromEntries(
    Object.entries(streams).map(([name, said]) => [
      name,
      typeof said === "number"
        ? { epoch: "e", seq: said, recovered: false, reason: "no_position" }
        : { epoch: "e", recovered: true, ...said },
    ]),
  );
  return seqs(positions.welcomed({ type: "welcome", resume }));
}

function hear(stream: string, numbers: number[], fields: object = {}): (number | null)[] {
  return numbers.flatMap((seq) => {
    const said = { id: `${stream}${seq}`, stream, epoch: "e", seq, ...fields };
    return seqs(positions.arrived(readNotification(said) as Notification));
  });
}

function subscribed(topic: string, seq: number, streams: object = {}): void {
  positions.subscribed({ type: "subscribed", topic, epoch: "e", seq, streams });
}

function resume(): Record<string, number> {
  return Object.fromEntries(
    Object.entries(positions.resume()).map(([name, { seq }]) => [name, seq]),
  );
}

const seqs = (released: Notification[]) => released.map(({ seq }) => seq);
const replay = { replay: true };

test("nothing is known at first", () => {
  expect(resume()).toEqual({});
});

test("positions move with what arrives", () => {
  welcome({ a: 5, b: 0 });
  hear("a", [6, 7]);

  expect(resume()).toEqual({ a: 7, b: 0 });
});

test("what was not stored has no place", () => {
  welcome({ a: 5 });

  expect(hear("a", [1], { epoch: null })).toEqual([1]);
  expect(resume()).toEqual({ a: 5 });
});

test("a stream that began later begins at its beginning", () => {
  welcome({ a: 5 });
  hear("c", [2]);

  expect(resume()).toEqual({ a: 5, c: 0 });
});

test("a stream that begins with its first number has holes like any other", () => {
  welcome({ a: 5 });
  hear("c", [1]);

  expect(hear("c", [3])).toEqual([]);
  expect(positions.isStuck()).toBe(true);
});

test.each([{}, { a: { seq: 1, recovered: false, reason: "too_many_topics" } }])(
  "where not all streams are named, one begins with what is heard: %j",
  (told) => {
    welcome(told);
    hear("b", [7]);

    expect(resume()).toMatchObject({ b: 7 });
  },
);

test("a new subscription begins where its stream stands, or with what came before the answer", () => {
  welcome({ a: 5 });
  hear("b", [11]);
  subscribed("b", 10, { c: { epoch: "e", seq: 3 } });

  expect(resume()).toEqual({ a: 5, b: 11, c: 3 });
});

test("what came while a topic was given back is not wanted", () => {
  welcome({ a: 5 });
  positions.unsubscribed({ type: "unsubscribed", topic: "a" });
  subscribed("a", 9);

  expect(resume()).toEqual({ a: 9 });
});

test("a topic that is subscribed already keeps its position", () => {
  welcome({ a: 5 });
  subscribed("a", 6);

  expect(resume()).toEqual({ a: 5 });
});

test("a client goes on from where another was", () => {
  welcome({ a: 5 });
  const other = new Positions(() => {});
  expect(other.restore(positions.all)).toEqual([]);

  expect(other.resume()).toEqual({ a: { epoch: "e", seq: 5 } });
});

test("also where this one is ahead: what came in between is asked for", () => {
  welcome({ a: 7, b: 2, c: 4 });
  hear("a", [9]); // It waits for 8.
  const restored = positions.restore({
    ...{ a: { epoch: "e", seq: 5 }, b: { epoch: "e", seq: 3 } },
    ...{ c: { epoch: "other", seq: 1 }, d: { epoch: "e", seq: 6 } },
  });

  expect(seqs(restored)).toEqual([9]);
  expect(Object.fromEntries(positions.behind())).toEqual({
    ...{ a: { epoch: "e", seq: 5 }, d: { epoch: "e", seq: 6 } },
  });
  expect(hear("a", [6, 7, 8, 9], { replay: true })).toEqual([6, 7, 8, 9]);
});

test("holes are chased once they were waited for", () => {
  welcome({ a: 5 });
  hear("a", [7]);
  expect([positions.isStuck(), positions.behind()]).toEqual([true, []]);
  positions.chase();

  expect(positions.behind()).toEqual([["a", { epoch: "e", seq: 5 }]]);
  expect(positions.isStuck()).toBe(false);
});

describe("with a at 5, and the connection lost", () => {
  beforeEach(() => {
    welcome({ a: 5 });
    expect(resume()).toEqual({ a: 5 });
  });

  test("what is live waits for the welcome, and then for the replay", () => {
    expect(hear("a", [8])).toEqual([]);
    expect(welcome({ a: { seq: 7, replayed: 2 } })).toEqual([]);
    expect(hear("a", [6, 7], replay)).toEqual([6, 7, 8]);
  });

  test("without a welcome it goes on as it was", () => {
    hear("a", [6]);

    expect(seqs(positions.admitEarly())).toEqual([6]);
    expect(hear("a", [7])).toEqual([7]);
  });

  test("a replay may have more, which is asked for", () => {
    welcome({ a: { seq: 5, has_more: true } });
    const replayed = { type: "replayed", stream: "a", epoch: "e" };

    expect(positions.behind()).toEqual([["a", { epoch: "e", seq: 5 }]]);
    positions.replayed({ ...replayed, seq: 6, has_more: true });
    expect(positions.behind()).toEqual([["a", { epoch: "e", seq: 6 }]]);
    positions.replayed({ ...replayed, seq: 7, has_more: false });
    expect(positions.behind()).toEqual([]);
  });

  test("a replay that moves nothing is known as such", () => {
    welcome({ a: { seq: 5, has_more: true } });

    expect(positions.standsAt("a", { epoch: "e", seq: 5 })).toBe(true);
    expect(positions.standsAt("a", { epoch: "e", seq: 4 })).toBe(false);
  });

  test.each([
    ["expired", { seq: 9 }, 9],
    ["position_ahead", { seq: 3 }, 3],
    ["epoch_changed", { epoch: "newer", seq: 2 }, 2],
  ])("%s is a gap, and it is left behind", (reason, said, seq) => {
    welcome({ a: { recovered: false, reason, ...said } });

    expect(gaps).toEqual([{ stream: "a", reason }]);
    expect(resume()).toEqual({ a: seq });
  });

  test.each(["forbidden", "not_subscribed"])("%s is no gap: it is not ours", (reason) => {
    welcome({ a: { epoch: null, seq: null, recovered: false, reason }, b: 1 });

    expect(gaps).toEqual([]);
    expect(resume()).toEqual({ b: 1 });
  });

  test("a replay that is refused goes on behind the gap", () => {
    welcome({ a: { seq: 5, has_more: true } });
    const position = { epoch: "e", seq: 7 };
    const error = new HeliographError("request_refused", "gone", { reason: "expired", position });
    positions.refused("a", error);

    expect(gaps).toEqual([{ stream: "a", reason: "expired" }]);
    expect(positions.behind()).toEqual([["a", position]]);
  });

  test("one that is refused with another numbering begins there", () => {
    welcome({ a: { seq: 5, has_more: true } });
    const position = { epoch: "f", seq: 2 };
    hear("a", [8]);
    const error = new HeliographError("request_refused", "", { reason: "epoch_changed", position });

    expect(seqs(positions.refused("a", error))).toEqual([8]);
    expect(resume()).toEqual({ a: 2 });
  });

  test("one that fails holds nothing back and moves nothing", () => {
    welcome({ a: { seq: 5, has_more: true } });
    hear("a", [9, 8]);

    expect(seqs(positions.refused("a", new HeliographError("no_answer", "")))).toEqual([8, 9]);
    expect(positions.behind()).toEqual([]);
    positions.retry("a");
    positions.retry("unknown");
    expect(positions.behind()).toEqual([["a", { epoch: "e", seq: 5 }]]);
    expect(resume()).toEqual({ a: 5 });
  });
});

test("what does not fit into a hello is asked for later", () => {
  const names = Array.from({ length: 201 }, (_, number) => `s${number}`);
  welcome(Object.fromEntries(names.map((name) => [name, 1])));
  expect(Object.keys(resume())).toHaveLength(200);
  welcome(Object.fromEntries(names.map((name) => [name, name === "s200" ? 4 : { seq: 1 }])));

  expect(positions.behind()).toEqual([["s200", { epoch: "e", seq: 1 }]]);
});

test("no more streams are kept than are good", () => {
  welcome(Object.fromEntries(Array.from({ length: 1000 }, (_, number) => [`s${number}`, 1])));

  expect(hear("other", [7])).toEqual([7]);
  expect(Object.keys(positions.all)).toHaveLength(1000);
});

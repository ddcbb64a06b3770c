import { expect, test } from "vitest";
import type { Line } from "../src/line.js";
import { standingOf, Whereabouts } from "../src/whereabouts.js";

const at = (seq: number) => ({ epoch: "e", seq });
const standing = (positions: object, ...topics: string[]) => ({
  topics,
  positions: { ...positions },
});

test("it is where the leader stands, once that has begun where it was", () => {
  const here = new Whereabouts();
  here.hear(standing({ a: at(5) }, "a"), true);
  here.hear(standing({ a: at(7), b: at(1) }, "a", "b"), false);

  expect(here.known).toEqual(standing({ a: at(7), b: at(1) }, "a", "b"));
  expect(here.topics).toEqual(["a", "b"]);
});

test("until another leader has, it stays where it was, and learns what it did not know", () => {
  const here = new Whereabouts();
  here.hear(standing({ a: at(5) }), true);
  here.uncover();
  here.hear(standing({ a: at(9), b: at(3) }, "b"), false);
  expect(here.known).toEqual(standing({ a: at(5), b: at(3) }, "b"));
  here.hear(standing({ a: at(5), b: at(4) }, "b"), true);

  expect(here.known).toEqual(standing({ a: at(5), b: at(4) }, "b"));
});

test("at first it is nowhere", () => {
  expect(new Whereabouts().known).toBeNull();
  expect(new Whereabouts().topics).toEqual([]);
});

test("a line stands where it has arrived", () => {
  const line = { topics: new Set(["a"]), reached: { a: at(5) } } as unknown as Line;

  expect(standingOf(line)).toEqual(standing({ a: at(5) }, "a"));
});

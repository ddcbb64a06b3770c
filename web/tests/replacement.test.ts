import { expect, test } from "vitest";
import { replacementDelay } from "../src/replacement.js";

const MINUTE = 60_000;

test("it comes in the last five minutes of what the welcome says, and not all at one moment", () => {
  const welcome = { max_age_ms: 120 * MINUTE };

  expect(replacementDelay(welcome, 0, 0)).toBe(117.5 * MINUTE);
  expect(replacementDelay(welcome, 0, 1)).toBe(115 * MINUTE);
});

test("a short life has a short margin", () => {
  expect(replacementDelay({ max_age_ms: 10_000 }, 0, 1)).toBe(9_000);
});

test("what has failed is tried again before the end", () => {
  expect(replacementDelay({ max_age_ms: 120 * MINUTE }, 1, 0.5)).toBe(75_000);
});

test("two hours are what a connection has at most", () => {
  expect(replacementDelay({ max_age_ms: null }, 0, 0)).toBe(117.5 * MINUTE);
});

import { expect, test } from "vitest";
import { Backoff } from "../src/backoff.js";

function delays(random: number, number: number): number[] {
  const backoff = new Backoff(() => random);
  return Array.from({ length: number }, () => backoff.nextDelay());
}

test("the ceiling doubles from a second to a minute", () => {
  expect(delays(1, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000));
});

test("a delay lies anywhere under its ceiling", () => {
  expect(delays(0, 3)).toEqual([0, 0, 0]);
  expect(delays(0.25, 3)).toEqual([250, 500, 1000]);
});

test("it begins anew", () => {
  const backoff = new Backoff(() => 1);
  backoff.nextDelay();
  backoff.nextDelay();
  backoff.reset();

  expect(backoff.nextDelay()).toBe(1000);
});

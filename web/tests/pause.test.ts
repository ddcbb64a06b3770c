import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pause } from "../src/pause.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("it lasts as long as it should", async () => {
  const over = vi.fn();
  void new Pause().wait(1000).then(over);
  await vi.advanceTimersByTimeAsync(999);
  expect(over).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);

  expect(over).toHaveBeenCalled();
});

test("it can be cut short, and leaves no timer", async () => {
  const pause = new Pause();
  const over = pause.wait(1000);
  pause.end();

  await over;
  expect(vi.getTimerCount()).toBe(0);
});

test("what has not begun can be ended", () => {
  expect(() => new Pause().end()).not.toThrow();
});

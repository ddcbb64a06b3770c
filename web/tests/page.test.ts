// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchPage } from "../src/page.js";

const onWake = vi.fn();
let stop: () => void;

beforeEach(() => {
  onWake.mockReset();
  stop = watchPage(onWake);
});

afterEach(() => stop());

function look(visibility: DocumentVisibilityState): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(visibility);
  document.dispatchEvent(new Event("visibilitychange"));
}

test("the network is back", () => {
  window.dispatchEvent(new Event("online"));

  expect(onWake).toHaveBeenCalledOnce();
});

test("somebody looks, or looks away", () => {
  look("hidden");
  expect(onWake).not.toHaveBeenCalled();
  look("visible");

  expect(onWake).toHaveBeenCalledOnce();
});

test("nothing is heard once it has stopped", () => {
  stop();
  window.dispatchEvent(new Event("online"));
  look("visible");

  expect(onWake).not.toHaveBeenCalled();
});

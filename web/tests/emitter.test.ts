import { expect, test, vi } from "vitest";
import { Emitter } from "../src/emitter.js";

interface Events {
  said: string;
  done: number;
}

test("who listens hears, until it stops", () => {
  const emitter = new Emitter<Events>();
  const [one, other] = [vi.fn(), vi.fn()];
  const stop = emitter.on("said", one);
  emitter.on("said", other);
  emitter.emit("said", "a");
  stop();
  emitter.emit("said", "b");
  emitter.emit("done", 1);

  expect(one.mock.calls).toEqual([["a"]]);
  expect(other.mock.calls).toEqual([["a"], ["b"]]);
});

test("one listener's bug does not cost the others, and is not hidden", async () => {
  const emitter = new Emitter<Events>();
  const heard = vi.fn();
  const bug = new Error("a bug");
  const thrown = new Promise((resolve) => {
    const [usual] = process.listeners("uncaughtException");
    if (usual) process.removeListener("uncaughtException", usual);
    process.once("uncaughtException", (error) => {
      if (usual) process.on("uncaughtException", usual);
      resolve(error);
    });
  });
  emitter.on("said", () => {
    throw bug;
  });
  emitter.on("said", heard);
  emitter.emit("said", "a");

  expect(heard).toHaveBeenCalledWith("a");
  expect(await thrown).toBe(bug);
});

test("a listener may stop while it is told", () => {
  const emitter = new Emitter<Events>();
  const heard = vi.fn();
  const stop = emitter.on("said", () => stop());
  emitter.on("said", heard);
  emitter.emit("said", "a");

  expect(heard).toHaveBeenCalledOnce();
});

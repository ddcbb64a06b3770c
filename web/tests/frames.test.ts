import { expect, test } from "vitest";
import {
  endingOf,
  endingOfClose,
  parse,
  requestOf,
  requestRefusal,
  topicOf,
  topicsOf,
} from "../src/frames.js";

test("a frame is an object with a type", () => {
  expect(parse('{"type":"pong","id":"1"}')).toEqual({ type: "pong", id: "1" });
});

test.each(["", "no JSON", "[]", "null", "7", "{}", '{"type":7}'])("%j is none", (raw) => {
  expect(parse(raw)).toBeNull();
});

test("nor is what is no text", () => {
  expect(parse(new ArrayBuffer(2))).toBeNull();
});

test("an answer says whose it is, and about which topic", () => {
  const frame = { type: "subscribed", id: "4", pattern: "orders:*" };

  expect([requestOf(frame), topicOf(frame)]).toEqual(["4", "orders:*"]);
});

test("a message is answered about its topics, or its one, or none", () => {
  expect(topicsOf({ type: "subscribe", topics: ["a", "b"] })).toEqual(["a", "b"]);
  expect(topicsOf({ type: "subscribe_pattern", pattern: "a" })).toEqual(["a"]);
  expect(topicsOf({ type: "ping" })).toEqual([]);
});

test("a code below 4400 ends the connection, whether it says so or not", () => {
  expect(endingOf({ type: "error", code: 4100, message: "full", after_ms: 5 })).toMatchObject({
    kind: "refused",
    code: 4100,
    message: "full (4100)",
    retryAfterMs: 5,
    reconnect: true,
  });
  expect(endingOf({ type: "error", code: 4403 })).toBeNull();
  expect(endingOf({ type: "error", code: 4500, fatal: true })).toMatchObject({ code: 4500 });
  expect(endingOf({ type: "pong" })).toBeNull();
});

test("a disconnect says whether to come back", () => {
  expect(endingOf({ type: "disconnect", after_ms: 9 })).toMatchObject({
    code: 4200,
    retryAfterMs: 9,
  });
  expect(endingOf({ type: "disconnect", reconnect: false })).toMatchObject({
    code: 4000,
    reconnect: false,
  });
});

test("a close code of ours is a refusal, any other a loss", () => {
  expect(endingOfClose(4001, "no")).toMatchObject({ kind: "refused", code: 4001 });
  expect(endingOfClose(1001, "Going away")).toMatchObject({
    kind: "lost",
    message: "the connection closed (1001 Going away)",
  });
  expect(endingOfClose(1006, "").message).toBe("the connection closed (1006)");
});

test("the refusal of a request says what is known of it", () => {
  const frame = {
    ...{ type: "error", code: 4410, name: "unrecoverable_position", message: "expired" },
    ...{ reason: "expired", epoch: "e", seq: 7 },
  };

  expect(requestRefusal(frame)).toMatchObject({
    kind: "request_refused",
    code: 4410,
    codeName: "unrecoverable_position",
    reason: "expired",
    position: { epoch: "e", seq: 7 },
    temporary: false,
  });
  expect(requestRefusal({ type: "error" })).toMatchObject({ code: 4500 });
});

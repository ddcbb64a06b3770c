import { expect, test } from "vitest";
import { readNotification } from "../src/notifications.js";
import { type Numbered, Stream } from "../src/stream.js";

function notification(seq: number, replay = false): Numbered {
  return readNotification({ id: `n${seq}`, stream: "a", epoch: "e", seq, replay }) as Numbered;
}

function arrive(stream: Stream, ...numbers: number[]): number[] {
  return numbers.flatMap((each) => seqs(stream.arrived(notification(each))));
}

function replay(stream: Stream, ...numbers: number[]): number[] {
  return numbers.flatMap((each) => seqs(stream.arrived(notification(each, true))));
}

const seqs = (released: Numbered[]) => released.map(({ seq }) => seq);

test("what comes in order goes through at once, and moves the position", () => {
  const stream = new Stream("e", 5);

  expect(arrive(stream, 6, 7)).toEqual([6, 7]);
  expect(stream.position).toEqual({ epoch: "e", seq: 7 });
});

test("what comes behind a hole waits for what is missing", () => {
  const stream = new Stream("e", 5);

  expect(arrive(stream, 8, 7)).toEqual([]);
  expect(stream.isStuck).toBe(true);
  expect(arrive(stream, 6)).toEqual([6, 7, 8]);
  expect(stream.isStuck).toBe(false);
});

test("it waits once, however often it comes", () => {
  const stream = new Stream("e", 5);

  expect(arrive(stream, 7, 7, 9)).toEqual([]);
  expect(arrive(stream, 6)).toEqual([6, 7]);
  expect(stream.isStuck).toBe(true);
});

test("nothing live overtakes a replay", () => {
  const stream = new Stream("e", 5);
  stream.expect(7, 2, false);

  expect(arrive(stream, 9)).toEqual([]);
  expect(replay(stream, 6)).toEqual([6]);
  expect(replay(stream, 7)).toEqual([7, 9]);
});

test("the server's word counts, not the distance between two numbers", () => {
  const stream = new Stream("e", 5);
  stream.expect(9, 1, false);

  expect(arrive(stream, 10)).toEqual([]);
  expect(replay(stream, 7)).toEqual([7, 10]);
  expect(stream.position.seq).toBe(10);
});

test("what did not fit is asked for once the first part is there", () => {
  const stream = new Stream("e", 5);
  stream.expect(6, 1, true);
  expect(stream.isBehind).toBe(false);
  replay(stream, 6);

  expect(stream.isBehind).toBe(true);
  expect(seqs(stream.expect(6, 0, false))).toEqual([]);
  expect(stream.isBehind).toBe(false);
});

test("a replay that stays away is asked for in the end", () => {
  const stream = new Stream("e", 5);
  stream.expect(7, 2, false);
  arrive(stream, 8);
  replay(stream, 6);
  for (let time = 0; time < 39; time += 1) stream.chase();
  expect(stream.isBehind).toBe(false);
  stream.chase();

  expect(stream.isBehind).toBe(true);
  expect(stream.position.seq).toBe(6);
  expect(replay(stream, 7)).toEqual([7, 8]);
});

test("behind what is lost it goes on with the next", () => {
  const stream = new Stream("e", 5);
  arrive(stream, 9);
  stream.skipTo(7);

  expect(stream.isBehind).toBe(true);
  expect(replay(stream, 8)).toEqual([8, 9]);
});

test("who resigns holds nothing back any more, and keeps its position", () => {
  const stream = new Stream("e", 5);
  arrive(stream, 8, 7);

  expect(seqs(stream.resign())).toEqual([7, 8]);
  expect(arrive(stream, 10)).toEqual([10]);
  expect(stream.position.seq).toBe(5);
});

test("who tries again holds back what comes meanwhile", () => {
  const stream = new Stream("e", 5);
  arrive(stream, 8);
  stream.resign();
  stream.retry();

  expect(stream.isBehind).toBe(true);
  expect(arrive(stream, 9)).toEqual([]);
  expect(replay(stream, 6, 7)).toEqual([6, 7, 9]);
});

test("there is nothing to try again for who has not resigned", () => {
  const stream = new Stream("e", 5);
  stream.retry();

  expect(stream.isBehind).toBe(false);
});

test("on another connection it waits again", () => {
  const stream = new Stream("e", 5);
  stream.resign();
  stream.reconnected();

  expect(arrive(stream, 7)).toEqual([]);
});

test("a beginning that is guessed holds nothing back, until the server says where it was", () => {
  const stream = new Stream("e", 0, true);
  expect(arrive(stream, 11)).toEqual([11]);
  stream.stoodAt(10);

  expect(stream.position.seq).toBe(11);
  expect(arrive(stream, 13)).toEqual([]);
});

test("no more is held than is good", () => {
  const stream = new Stream("e", 0);
  const numbers = Array.from({ length: 1000 }, (_, index) => index + 2);
  expect(arrive(stream, ...numbers)).toEqual([]);

  expect(arrive(stream, 1002)).toHaveLength(1001);
});

import { beforeEach, expect, test } from "vitest";
import { Arrivals } from "../src/arrivals.js";
import { Dialer } from "../src/dialer.js";
import { HeliographError } from "../src/errors.js";
import { TokenSource } from "../src/tokens.js";
import { FakeServer, settled } from "./fakes/sockets.js";
import { tokenOf } from "./fakes/tokens.js";

let server: FakeServer;
let dialer: Dialer;
let asked: number;

beforeEach(() => {
  server = new FakeServer();
  asked = 0;
  const arrivals = new Arrivals(
    () => {},
    () => 0.5,
  );
  const openSocket = (token: string) =>
    new server.WebSocket(`ws://heliograph.test/?token=${token}`);
  const listener = { onNotification: () => {}, onFrame: () => {}, onError: () => {} };
  dialer = new Dialer(
    { openSocket, tokens: new TokenSource(() => tokenOf(++asked)) },
    arrivals,
    listener,
  );
});

const over = new HeliographError("closed", "the test is over");

async function dial(): Promise<void> {
  const dialled = dialer.dial(["a"]);
  await server.welcome();
  (await dialled)[0].end(over);
}

test("it asks for a token, opens a socket with it, and says what is wanted", async () => {
  const dialled = dialer.dial(["a"]);
  const hello = await server.welcome();
  const [connection, welcome] = await dialled;

  expect(server.newest.token).toBe("token-1");
  expect(hello).toMatchObject({ protocol: 1, topics: ["a"], resume: {} });
  expect(welcome.type).toBe("welcome");
  connection.end(over);
});

test("each later time it asks for another token", async () => {
  await dial();
  await dial();

  expect(server.newest.token).toBe("token-2");
});

test("who goes on for another does not trust the first token either", async () => {
  dialer.distrustToken();
  await dial();

  expect(asked).toBe(1);
});

test("what is hung up opens nothing", async () => {
  const dialled = dialer.dial([]);
  dialer.hangUp(over);

  await expect(dialled).rejects.toMatchObject({ kind: "closed" });
  expect(server.sockets).toEqual([]);
});

test("it stays hung up though another has begun", async () => {
  const hungUp = dialer.dial([]);
  dialer.hangUp(over);
  const dialled = dialer.dial([]);
  await expect(hungUp).rejects.toMatchObject({ kind: "closed" });
  await server.welcome();
  (await dialled)[0].end(over);

  expect(server.sockets).toHaveLength(1);
});

test("a socket that is open by then is closed", async () => {
  const dialled = dialer.dial([]);
  await settled();
  dialer.hangUp(over);

  await expect(dialled).rejects.toBe(over);
  expect(server.newest.isClosed).toBe(true);
});

test("a new token goes into the open connection", async () => {
  const dialled = dialer.dial([]);
  await server.welcome();
  const [connection] = await dialled;
  const renewed = dialer.renewToken(connection);
  await settled();
  const auth = server.newest.take("auth");
  server.newest.say({ type: "authenticated", id: auth?.["id"] });
  await renewed;

  expect(auth).toMatchObject({ token: "token-2" });
  connection.end(over);
});

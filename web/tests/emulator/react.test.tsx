// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, expect, test } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { useWebSocketNotifications } from "../../src/react.js";
import {
  addFault,
  broadcast,
  connections,
  eventually,
  mint,
  newUser,
  send,
  url,
} from "./service.js";

afterEach(cleanup);

/** The state changes outside of React's own hands. */
async function soon(holds: () => unknown): Promise<void> {
  await act(() => eventually(holds));
}

function use(username: string, topics: readonly string[] = []) {
  const options = {
    ...{ url, topics, shareTabs: false, random: () => 0.1 },
    getToken: () => mint(username),
    WebSocket: NodeSocket as unknown as typeof WebSocket,
    fetch: globalThis.fetch,
  };
  return renderHook(() => useWebSocketNotifications(options), { wrapper: StrictMode }).result;
}

test("an inbox, and what comes while one looks at it", async () => {
  const username = await newUser();
  await send(username, "before");
  const result = use(username);
  await soon(() => result.current.notifications.length === 1);
  await send(username, "now");
  await soon(() => result.current.notifications.length === 2);

  expect(result.current.notifications.map(({ title }) => title)).toEqual(["now", "before"]);
  expect(result.current.unreadCount).toBe(2);
  await act(() => result.current.markAsRead(result.current.notifications[0]?.id ?? ""));
  expect(result.current.unreadCount).toBe(1);
  await act(() => result.current.markAllAsRead());
  expect(result.current.unreadCount).toBe(0);
});

test("a connection that fails costs nothing", async () => {
  const username = await newUser();
  const topic = `builds:${username}`;
  const result = use(username, [topic]);
  await soon(() => result.current.isConnected);
  const mine = (await connections()).map((each) => each["connection_id"]);
  for (const connection of mine) {
    await addFault({ kind: "connection-failed", connection, times: 1 });
  }
  act(() => void result.current.sendMessage({ type: "ping" }));
  await soon(() => !result.current.isConnected);
  await broadcast(topic, "meanwhile");
  await soon(() => result.current.notifications.length === 1);

  expect(result.current.isConnected).toBe(true);
  expect(result.current.lastNotification?.title).toBe("meanwhile");
});

/** The hook: notifications of who is signed in, for as long as a component is mounted. */
"use client";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { StoreOptions } from "./options.js";
import { EMPTY, type Snapshot } from "./snapshot.js";
import { NotificationStore } from "./store.js";
import { subjectOf } from "./tokens.js";

export interface NotificationOptions extends StoreOptions {
  /** False, or no token: nobody is signed in, and nothing is shown. */
  readonly enabled?: boolean;
}

type Actions = Pick<
  NotificationStore,
  | "sendMessage"
  | "subscribePattern"
  | "unsubscribePattern"
  | "setLastNotification"
  | "markAsRead"
  | "markAllAsRead"
  | "archive"
  | "loadMore"
  | "reconnect"
>;

export type WebSocketNotifications = Snapshot & Actions;

/** The functions stay the same from render to render. Callbacks in `options` may change at any time. */
export function useWebSocketNotifications(options: NotificationOptions): WebSocketNotifications {
  const [store] = useState(() => new NotificationStore());
  const latest = useRef(options);
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, getServerSnapshot);

  const { url, websocketUrl = "", enabled = true, token = "", topics = [] } = options;
  const isSignedIn = enabled && Boolean(token || options.getToken);
  const user = options.user ?? (subjectOf(token) || token);
  const topicList = topics.join(" ");
  const presenceList = options.presenceTopics?.join(" ");
  useEffect(() => {
    latest.current = options;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is another client.
  useEffect(() => {
    if (!isSignedIn) return;
    store.start(withLatest(latest));
    return () => store.stop();
  }, [store, url, websocketUrl, isSignedIn, user, presenceList]);
  useEffect(() => {
    store.changeTopics(topicList ? topicList.split(" ") : []);
  }, [store, topicList]);

  return useMemo(() => ({ ...snapshot, ...actionsOf(store) }), [snapshot, store]);
}

/** The options of the first render, but the callbacks of the last one. */
function withLatest(latest: { readonly current: NotificationOptions }): StoreOptions {
  return {
    ...latest.current,
    getToken: async () => {
      const { getToken, token = "" } = latest.current;
      return getToken ? getToken() : token;
    },
    onNotification: (notification) => latest.current.onNotification?.(notification),
    onGap: (gap) => latest.current.onGap?.(gap),
    onError: (error) => latest.current.onError?.(error),
  };
}

function actionsOf(store: NotificationStore): Actions {
  const { sendMessage, subscribePattern, unsubscribePattern, setLastNotification } = store;
  const { markAsRead, markAllAsRead, archive, loadMore, reconnect } = store;
  return {
    ...{ sendMessage, subscribePattern, unsubscribePattern, setLastNotification },
    ...{ markAsRead, markAllAsRead, archive, loadMore, reconnect },
  };
}

function getServerSnapshot(): Snapshot {
  return EMPTY;
}

/** Who is in a topic, kept up to date by what comes (sans-I/O). */
import { type Body, bodies, number, text } from "./fields.js";
import type { Frame } from "./frames.js";

export interface Present {
  readonly user_id: string;
  readonly connections: number;
  readonly since: string;
}

export interface PresenceState {
  readonly count: number;
  readonly users: readonly Present[];
  /** There are more than are shown. */
  readonly truncated: boolean;
}

export type PresenceByTopic = Readonly<Record<string, PresenceState>>;

export function readPresenceState(body: Body): PresenceState {
  return {
    count: number(body, "count") ?? 0,
    users: bodies(body, "users").map((user) => ({
      user_id: text(user, "user_id"),
      connections: number(user, "connections") ?? 0,
      since: text(user, "since"),
    })),
    truncated: body["truncated"] === true,
  };
}

/** Frames may come twice or overtake each other: of two about one user, the later `at` is right. */
export class Presence {
  /** Of each topic's users. */
  readonly #heardAt = new Map<string, Map<string, string>>();

  /** The state after the frame; the same object if it changes nothing. */
  after(state: PresenceByTopic, frame: Frame): PresenceByTopic {
    const topic = text(frame, "topic");
    if (frame.type === "presence_state") {
      this.#heardAt.set(topic, new Map());
      return { ...state, [topic]: readPresenceState(frame) };
    }
    const before = state[topic];
    const isJoin = frame.type === "presence_join";
    if (!before || !(isJoin || frame.type === "presence_leave")) return state;
    const userId = text(frame, "user_id");
    const at = text(frame, "at");
    const heardAt = this.#heardAt.get(topic);
    if (at <= (heardAt?.get(userId) ?? "")) return state;
    heardAt?.set(userId, at);
    const others = before.users.filter(({ user_id }) => user_id !== userId);
    const isNews = isJoin !== others.length < before.users.length;
    if (!isNews && !before.truncated) return state; // Else: counted, but not shown?
    const joined = [...others, { user_id: userId, connections: 1, since: at }];
    const users = isNews ? (isJoin ? joined : others) : before.users;
    return {
      ...state,
      [topic]: { ...before, users, count: number(frame, "count") ?? users.length },
    };
  }
}

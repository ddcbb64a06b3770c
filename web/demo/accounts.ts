/** The demo accounts, as `python -m infra.admin demo` makes them on a laptop, and their logins. */
import { HeliographClient } from "../src/index.js";

export const URL = location.origin;
/** Only this one's role may send. */
export const SENDER = "admin";
export const NAMES = ["alice", "bob", SENDER] as const;

/** A token. Throws why there is none; while the emulator starts, that may change by itself. */
export async function logIn(username: string): Promise<string> {
  const answer = await fetch(`${URL}/api/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password: `${username}-demo` }),
  }).catch(() => {
    throw new Error("the emulator does not answer");
  });
  const { access_token, detail } = await answer.json().catch(() => ({}));
  if (answer.ok && access_token) return access_token;
  throw new Error(`${username} cannot sign in: ${detail ?? `HTTP ${answer.status}`}`);
}

/** What may send. It has no connection. */
export const sender = new HeliographClient({ url: URL, getToken: () => logIn(SENDER) }).api;

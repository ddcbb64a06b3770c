/** What is sent from the page, and what the server says of it. */
import type { Body, Priority } from "../src/index.js";
import { sender } from "./accounts.js";

export interface Draft {
  readonly title: string;
  readonly message: string;
  readonly priority: Priority;
}

/** Returns the id of the notification. */
export async function sendTo(user: string, draft: Draft): Promise<string> {
  return idOf(await sender.send({ user_id: user, notification_type: "demo", ...draft }));
}

/** The same in words. */
export async function deliverTo(user: string, draft: Draft): Promise<string> {
  const answer = await sender.send({ user_id: user, notification_type: "demo", ...draft });
  return answer["status"] === "delivered"
    ? `Stored, and delivered to ${user}.`
    : `Stored: ${user} gets it with the next connection.`;
}

export async function broadcastTo(topic: string, draft: Draft): Promise<string> {
  const answer = await sender.broadcast({ pattern: topic, notification_type: "demo", ...draft });
  const recipients = Number(answer["recipients"] ?? answer["estimated_recipients"] ?? 0);
  return `Stored in ${topic}, and sent to ${recipients} ${recipients === 1 ? "connection" : "connections"}.`;
}

function idOf(answer: Body): string {
  return String(answer["notification_id"]);
}

/** What users of the package import. */
export type { Api, Counts, InboxPage, Query } from "./api.js";
export { HeliographClient } from "./client.js";
export { type ErrorDetails, type ErrorKind, HeliographError } from "./errors.js";
export type { Body } from "./fields.js";
export type { Frame, Message } from "./frames.js";
export type { LinkEvents } from "./link.js";
export type { Notification, Priority } from "./notifications.js";
export type { ClientOptions } from "./options.js";
export type { Gap, Position } from "./position.js";
export type { PresenceByTopic, PresenceState, Present } from "./presence.js";
export type { Change, Status } from "./states.js";

// What an event came from, as far as its shape tells.

export function trigger(event) {
  const context = event?.requestContext;
  if (event?.type === "REQUEST" || event?.type === "TOKEN") return { kind: "authorizer", words: `authorizer ${context?.routeKey ?? event.routeArn ?? ""}` };
  if (context?.connectionId) return { kind: "websocket", words: websocketWords(event, context) };
  if (context?.http) return { kind: "http", words: `${context.http.method} ${event.rawPath ?? context.http.path}` };
  if (Array.isArray(event?.Records)) return { kind: "records", words: recordsWords(event.Records) };
  if (event?.source === "aws.events" || event?.source === "aws.scheduler") return { kind: "schedule", words: `schedule ${event.time ?? ""}` };
  return { kind: "invoked", words: JSON.stringify(event) ?? "" };
}

const websocketWords = (event, context) => [context.routeKey, event.body].filter(Boolean).join(" ");

function recordsWords(records) {
  const source = String(records[0]?.eventSource ?? "").replace("aws:", "");
  const first = records[0]?.body ?? records.map((record) => record.eventName).join(" ");
  return `${records.length} of ${source} ${first}`;
}

// A name for a test: letters, digits and underscores.
export function slug(entry) {
  const words = `${entry.function} ${entry.trigger?.words.slice(0, 40) ?? ""}`;
  const name = words.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return name || "event";
}

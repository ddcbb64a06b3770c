// Tokens and passwords are not for whoever looks over a shoulder: masked, until the page is told to show them.

export const MASK = "•••";

const NAME = "(?:[\\w-]*[_-])?(?:token|password|passwd|secret|ticket|api[_-]?key)";
const SECRET_KEY = new RegExp(`^(?:${NAME}|password_hash|authorization|proxy-authorization|cookies?|set-cookie)$`, "i");
// In a text: JWTs; a field of JSON, also within a string of JSON, and within one of that; a parameter of a query or form; a header's bearer.
const SECRETS = new RegExp([
  "()(\\beyJ[\\w-]+\\.[\\w-]+\\.[\\w-]*)",
  `((?<!\\\\)"${NAME}"\\s*:\\s*")((?:[^"\\\\]|\\\\.)+)`,
  `(\\\\"${NAME}\\\\"\\s*:\\s*\\\\")((?:[^"\\\\]|\\\\\\\\(?:\\\\.|[^\\\\"]))+)`,
  `(\\\\{2,}"${NAME}\\\\{2,}"\\s*:\\s*\\\\{2,}")([^"\\\\]+)`,
  `((?:^|[?&\\s;'"])${NAME}=)([^&\\s"'\\\\]+)`,
  "(\\bBearer\\s+)([\\w.~+/=-]{8,})",
].join("|"), "gi");

const PAIRS = 6; // What stays, and what is secret.

let shown = false;
const listeners = [];

export const secrets = {
  get shown() { return shown; },
  toggle() {
    shown = !shown;
    for (const listener of listeners) listener();
  },
  onChange(listener) { listeners.push(listener); },
};

// As the page shows it just now.
export const masked = (value) => (shown ? value : hidden(value));

export function hidden(value, key = "") {
  if (typeof value === "string") return SECRET_KEY.test(key) && value ? MASK : hiddenText(value);
  if (Array.isArray(value)) return value.map((item) => hidden(item, typeof item === "string" ? key : ""));
  if (value === null || typeof value !== "object") return value;
  const coded = value.isBase64Encoded === true;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, coded && name === "body" && item ? MASK : hidden(item, name)]));
}

export function hiddenText(text) {
  return text.replace(SECRETS, (_, ...groups) => {
    const [before, secret] = pair(groups);
    return secret ? before + MASK : before;
  });
}

function pair(groups) {
  for (let at = 0; at < PAIRS * 2; at += 2) if (groups[at + 1] !== undefined) return [groups[at], groups[at + 1]];
  return ["", ""];
}

// What was edited while it was masked, with the secrets of the original where it still says so.
export function restored(edited, original) {
  if (typeof edited === "string") return typeof original === "string" ? restoredText(edited, original) : edited;
  if (edited === null || typeof edited !== "object" || original === null || typeof original !== "object") return edited;
  if (Array.isArray(edited)) return edited.map((item, at) => restored(item, original[at]));
  return Object.fromEntries(Object.entries(edited).map(([name, item]) => [name, restored(item, original[name])]));
}

function restoredText(edited, original) {
  if (edited === MASK) return original;
  const parts = edited.split(MASK);
  const found = [...original.matchAll(SECRETS)].map((match) => pair(match.slice(1))[1]);
  if (parts.length !== found.length + 1) return edited;
  return parts.reduce((whole, part, at) => whole + found[at - 1] + part);
}

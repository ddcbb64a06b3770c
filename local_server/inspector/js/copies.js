// An event as something to take along: a test of pytest, a command of curl, JSON. Masked, unless secrets are shown.

import { parsed } from "./json.js";
import { MASK, masked } from "./mask.js";
import { slug } from "./triggers.js";

// JSON as Python writes it.
export function python(value, indent = "") {
  if (value === null || value === undefined) return "None";
  if (value === true || value === false) return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}    `;
  if (Array.isArray(value)) return value.length ? `[\n${value.map((item) => `${inner}${python(item, inner)},\n`).join("")}${indent}]` : "[]";
  const entries = Object.entries(value);
  return entries.length ? `{\n${entries.map(([name, item]) => `${inner}${JSON.stringify(name)}: ${python(item, inner)},\n`).join("")}${indent}}` : "{}";
}

export function pytest(entry, template) {
  const event = masked(entry.raw.event);
  const hiding = JSON.stringify(event).includes(MASK) ? `# What is ${MASK} was masked in the inspector: "Show secrets" there, and copy again.\n` : "";
  const outcome = expectation(entry);
  return `"""An event that ${entry.function} got, copied from the inspector. Run it where ${template} is.

The emulator's tables are empty: what the handler is to find there, a user perhaps, put there first.
"""

${outcome.imports}
${hiding}EVENT = ${python(event)}


def test_${slug(entry)}() -> None:
    with emulator_in_thread(${JSON.stringify(template)}) as gw:
${outcome.lines.map((line) => `        ${line}\n`).join("")}`;
}

// A proxy's answer has a status, and a body with times and ids in it; any other is compared as it is.
function expectation({ function: name, answer }) {
  const fixture = "emulator_in_thread";
  const invoke = `gw.invoke_now(${JSON.stringify(name)}, EVENT)`;
  if (answer?.raw.error) {
    return {
      imports: `import pytest\n\nfrom local_server.testing import FunctionError, ${fixture}\n`,
      lines: [`with pytest.raises(FunctionError, match=${JSON.stringify(answer.raw.error.split(":")[0])}):`, `    ${invoke}`],
    };
  }
  const result = answer ? parsed(answer.raw.answer) : undefined;
  const checks = result === undefined ? [] : result?.statusCode === undefined
    ? [`assert answer == ${python(masked(result), "        ")}`]
    : [`assert answer["statusCode"] == ${python(result.statusCode)}`];
  return { imports: `from local_server.testing import ${fixture}\n`, lines: [checks.length ? `answer = ${invoke}` : invoke, ...checks] };
}

const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

export function curl(entry) {
  const { event } = entry.raw;
  if (event?.requestContext?.http && event.isBase64Encoded !== true) return curlOfRequest(masked(event));
  const url = `${location.origin}/_local/functions/${entry.function}/invocations`;
  return `curl -s ${quoted(url)} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(masked(event)))}`;
}

const LEFT_OUT = /^(host|content-length|connection|accept-encoding|user-agent|origin|referer|x-forwarded-.*|x-amzn-.*|sec-.*)$/i;

function curlOfRequest(event) {
  const query = event.rawQueryString ? `?${event.rawQueryString}` : "";
  const headers = Object.entries(event.headers ?? {}).filter(([name]) => !LEFT_OUT.test(name));
  return [
    `curl -s -X ${event.requestContext.http.method} ${quoted(location.origin + event.rawPath + query)}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(event.body ? [`-d ${quoted(event.body)}`] : []),
  ].join(" \\\n  ");
}

export function curlOfFrame(entry) {
  const url = `${location.origin}/_local/connections/${encodeURIComponent(entry.connection)}`;
  return `curl -s ${quoted(url)} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify({ text: masked(entry.raw.text) }))}`;
}

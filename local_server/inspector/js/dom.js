// Elements from text alone: what arrives from elsewhere is never markup.

export const $ = (id) => document.getElementById(id);
export const show = (id, visible) => { $(id).hidden = !visible; };

export function element(name, props = {}, ...children) {
  const { dataset = {}, role, label, ...rest } = props;
  const node = Object.assign(document.createElement(name), rest);
  Object.assign(node.dataset, dataset);
  if (role) node.setAttribute("role", role);
  if (label) node.setAttribute("aria-label", label);
  node.append(...children);
  return node;
}

export const text = (className, content) => element("span", { className, textContent: content });

export function button(content, listener, props = {}) {
  const node = element("button", { type: "button", textContent: content, ...props });
  node.addEventListener("click", listener);
  return node;
}

export function on(id, type, listener) {
  $(id).addEventListener(type, listener);
}

export function options(id, values, { keep = 0, words = (value) => value } = {}) {
  const select = $(id);
  const chosen = select.value;
  const kept = [...select.options].slice(0, keep);
  select.replaceChildren(...kept, ...values.map((value) => element("option", { value, textContent: words(value) })));
  if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
}

export function fail(id, words) {
  $(id).textContent = words;
  show(id, Boolean(words));
}

let quiet = 0;

// One short sentence at the bottom, which goes by itself.
export function say(words) {
  $("said").textContent = words;
  show("said", true);
  clearTimeout(quiet);
  quiet = setTimeout(() => show("said", false), 2500);
}

export async function copy(words, what) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // A page from elsewhere than this machine may not; it may copy what is selected.
    const area = element("textarea", { value: words });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(`${what} copied`);
}

export const clock = (at) => new Date(at).toLocaleTimeString("en-GB") + `.${String(new Date(at).getMilliseconds()).padStart(3, "0")}`;

export function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min` : `${Math.floor(seconds / 86400)} d`;
}

export const milliseconds = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

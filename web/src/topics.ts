/** Topics and the wildcards over them. */

/** Whether some topic is under both. A `:*` at the end stands for one or more segments. */
export function overlaps(one: string, other: string): boolean {
  return one === other || covers(one, other) || covers(other, one);
}

/** Whether every connection of a user has it from the start. */
export function isImplicit(topic: string): boolean {
  return /^(general$|user:|role:|tenant:)/.test(topic);
}

function covers(pattern: string, topic: string): boolean {
  return pattern.endsWith(":*") && topic.startsWith(pattern.slice(0, -1));
}

/** The ones that are not among the others. */
export function without(topics: Iterable<string>, others: Iterable<string>): string[] {
  const all = new Set(others);
  return [...topics].filter((topic) => !all.has(topic));
}

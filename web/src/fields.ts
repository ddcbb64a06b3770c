/** Reading JSON objects tolerantly: a field that is missing or ill-typed counts as not there. */

export type Body = Readonly<Record<string, unknown>>;

export function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(body: Body, name: string): string {
  const value = body[name];
  return typeof value === "string" ? value : "";
}

export function number(body: Body, name: string): number | null {
  const value = body[name];
  return Number.isSafeInteger(value) ? (value as number) : null;
}

export function texts(body: Body, name: string): string[] {
  const value = body[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

export function bodies(body: Body, name: string): Body[] {
  const value = body[name];
  return Array.isArray(value) ? value.filter(isBody) : [];
}

export function mapping(body: Body, name: string): Body {
  const value = body[name];
  return isBody(value) ? value : {};
}

/** An HTTP API that answers each `METHOD /path` as a test has said. */

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

export class FakeHttp {
  readonly requests: Asked[] = [];
  readonly #answers = new Map<string, () => Response>();

  answer(route: string, body: object, status = 200, headers: Record<string, string> = {}): void {
    this.#answers.set(route, () => answered(body, status, headers));
  }

  readonly fetch: typeof globalThis.fetch = async (url, init = {}) => {
    const { method = "GET", headers, body } = init;
    this.requests.push({
      method,
      url: String(url),
      headers: headers as Record<string, string>,
      body: typeof body === "string" ? JSON.parse(body) : null,
    });
    const path = new URL(String(url)).pathname.replace("/api/v1", "");
    const answer = this.#answers.get(`${method} ${path}`);
    if (!answer) throw new TypeError("fetch failed");
    return answer();
  };
}

/** An answer that is there at once: a real one takes as many turns as it likes. */
export function answered(
  body: object,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const ok = status < 400;
  const json = async () => structuredClone(body);
  return { ok, status, headers: new Headers(headers), json } as Response;
}

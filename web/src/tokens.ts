/** Where tokens come from: a string, or a function that is asked again. */
import { asError } from "./errors.js";

export type Token = string | (() => string | Promise<string>);

/** One token for the socket and the HTTP requests alike. */
export class TokenSource {
  #present: string | null;
  #asking: Promise<string> | null = null;
  readonly #token: Token;

  constructor(token: Token) {
    this.#token = token;
    this.#present = typeof token === "string" ? token : null;
  }

  get renewable(): boolean {
    return typeof this.#token === "function";
  }

  /** The token as it was last asked for. */
  async current(): Promise<string> {
    return this.#present ?? (await this.renew());
  }

  /** A token asked for now; a string is what it is. Who asks meanwhile gets the same answer. */
  renew(): Promise<string> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<string> {
    const token = this.#token;
    try {
      this.#present = typeof token === "string" ? token : await token();
      return this.#present;
    } catch (error) {
      throw asError(error, "token");
    }
  }
}

/** What tells the token's user from others (an odd spelling of a name in other letters), or "". */
export function subjectOf(token: string): string {
  try {
    const claims = token.split(".")[1] ?? "";
    const { sub } = JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/")));
    return typeof sub === "string" ? sub : "";
  } catch {
    return "";
  }
}

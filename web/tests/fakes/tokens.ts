/** Tokens as the scenarios count them, and JWTs that only look like some. */

export function tokenOf(number: number): string {
  return `token-${number}`;
}

/** Signed by nobody. */
export function jwtOf(subject: string): string {
  const encode = (claims: object) => Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${encode({ alg: "none" })}.${encode({ sub: subject })}.signature`;
}

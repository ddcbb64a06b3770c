/** Where the service is. */

export const BASE_PATH = "/api/v1";

/** Without a trailing slash. Throws a TypeError for what is no address of HTTP. */
export function checkedBaseUrl(url: string): string {
  const base = globalThis.location?.origin;
  const { protocol, host, pathname } = new URL(url, base);
  if (!/^https?:$/.test(protocol)) throw new TypeError(`not an HTTP URL: ${url}`);
  return `${protocol}//${host}${pathname.replace(/\/+$/, "")}`;
}

/** Where the WebSocket of the HTTP API at `baseUrl` is. */
export function websocketUrl(baseUrl: string): string {
  return `${baseUrl.replace(/^http/, "ws")}${BASE_PATH}/ws/realtime`;
}

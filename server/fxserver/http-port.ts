import { bytesOf } from '../text/bytes.ts';
import type { PortRequest } from '../triggers/push-endpoint.ts';

/** What FXServer hands to an HTTP handler. */
interface RequestTable {
  readonly method: unknown;
  readonly path: unknown;
  readonly address: unknown;
  readonly headers: unknown;
  setDataHandler(handler: (body: unknown) => void, kind: 'binary'): void;
  setCancelHandler(handler: () => void): void;
}
interface ResponseTable {
  writeHead(status: number, headers: Readonly<Record<string, string>>): void;
  send(text: string): void;
}

/** Answers what comes for this resource on the server's HTTP port, which is open to the internet. */
export function onPortRequest(handler: (request: PortRequest) => void): void {
  SetHttpHandler((request: RequestTable, response: ResponseTable) => {
    let isAnswered = false;
    handler({
      method: String(request.method),
      path: String(request.path),
      address: String(request.address),
      headers: headersOf(request.headers),
      // As text it would be decoded in JavaScript, a character at a time: 5 MiB stop the server for 400 ms.
      onBody: (callback) => request.setDataHandler((body) => callback(bytesOf(body)), 'binary'),
      onCancel: (callback) => request.setCancelHandler(callback),
      answer(status, text, headers = {}) {
        if (isAnswered) return;
        isAnswered = true;
        response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
        response.send(text);
      },
    });
  });
}

/**
 * Callers write the names as they like: by name in lower case. FXServer passes on each spelling of a header that
 * came in several; they are one header, as HTTP has it.
 */
function headersOf(table: unknown): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  if (typeof table !== 'object' || table === null) return headers;
  for (const [spelling, value] of Object.entries(table)) {
    const name = spelling.toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? String(value) : `${before}, ${value}`);
  }
  return headers;
}

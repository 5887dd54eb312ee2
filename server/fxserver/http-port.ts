import type { PortRequest } from '../triggers/push-endpoint.ts';

/** What FXServer hands to an HTTP handler. */
interface RequestTable {
  readonly method: unknown;
  readonly path: unknown;
  readonly address: unknown;
  readonly headers: unknown;
  setDataHandler(handler: (body: unknown) => void): void;
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
      onBody: (callback) => request.setDataHandler((body) => callback(typeof body === 'string' ? body : '')),
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

/** Callers write the names as they like. */
function headersOf(table: unknown): ReadonlyMap<string, string> {
  if (typeof table !== 'object' || table === null) return new Map();
  return new Map(Object.entries(table).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

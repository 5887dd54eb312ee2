import type { IncomingMessage } from 'node:http';
import type { AnyFunction } from './message-pack.ts';

/** A request as a resource's handler gets it. */
export interface HandledRequest {
  readonly table: Record<string, unknown>;
  /** To be called when the peer has gone away. */
  cancel(): void;
}

/** Node reads headers as Latin-1; FXServer passes the bytes on, and scripts take them for UTF-8. */
function headText(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

/** The headers as the client wrote their names; of one that comes twice in the same spelling, the first. */
function originalHeaders({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // The platform's decoder assigns it to an object, which does nothing.
    if (name !== '__proto__' && !headers.has(name)) headers.set(name, headText(rawHeaders[index + 1] ?? ''));
  }
  return Object.fromEntries(headers);
}

/** Whether FXServer reads a body at all; without one it never calls the data handler. */
function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] === 'chunked';
}

/** More unread bytes than these, and the connection is closed (net-http-server/src/Http1Server.cpp). */
const MOST_UNREAD = 5 * 1024 * 1024;

/** Calls a script's function with a request's body as it crosses into the script. */
export type DeliverBody = (handler: AnyFunction, body: Buffer, kind: 'text' | 'binary') => void;

/**
 * What a resource's handler gets as its first argument, as soon as the head of the request is there
 * (citizen-server-impl/src/ResourceHttpHandler.cpp, net-http-server/include/HttpServer.h).
 *
 * The data handler gets the whole body at once, and only once it is there: FXServer does not limit its time.
 * One is called at most; one that is set after the body came is called at once. The cancel handler is called
 * when the connection closes, also after the answer.
 *
 * @param path what follows the resource's name, with the query, as it was sent.
 */
export function handledRequest(request: IncomingMessage, path: string, deliver: DeliverBody): HandledRequest {
  let onData: ((body: Buffer) => void) | undefined;
  let onCancel: AnyFunction | undefined;
  let pending: Buffer | undefined;
  let unread = 0;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    unread += chunk.length;
    if (unread <= MOST_UNREAD) return;
    chunks.length = 0;
    request.socket.destroy();
  });
  request.on('end', () => {
    if (!hasBody(request) || request.socket.destroyed) return;
    const body = Buffer.concat(chunks.splice(0));
    const handler = onData;
    onData = undefined;
    if (handler === undefined) pending = body;
    else handler(body);
  });
  return {
    table: {
      method: request.method ?? 'GET',
      path,
      address: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
      headers: originalHeaders(request),
      setDataHandler: (handler: unknown, ...[kind]: unknown[]) => {
        if (kind !== undefined && typeof kind !== 'string') throw new TypeError('std::bad_cast');
        if (typeof handler !== 'function') return;
        const call = (body: Buffer) =>
          deliver(handler as AnyFunction, body, kind === 'binary' ? 'binary' : 'text');
        const early = pending;
        pending = undefined;
        if (early === undefined) onData = call;
        else call(early);
      },
      setCancelHandler: (handler: unknown) => {
        if (typeof handler === 'function') onCancel = handler as AnyFunction;
      },
    },
    cancel: () => {
      const handler = onCancel;
      onCancel = undefined;
      handler?.();
    },
  };
}

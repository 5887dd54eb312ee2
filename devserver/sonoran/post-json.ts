import { request } from 'node:http';

/** What came back for a POST. */
export interface PostAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends one JSON text over a connection of its own, which is closed with the answer.
 *
 * @throws what the socket says, or the reason of the signal; redirects are not followed.
 */
export function postJson(url: string, body: string, signal: AbortSignal): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(url, { method: 'POST', headers, agent: false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

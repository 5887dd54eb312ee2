import type { ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Answer } from './answer.ts';

/** The answering end of one request: the ways, good and bad, in which an answer can leave. */
export class Outgoing {
  readonly #response: ServerResponse;
  readonly #clock: Clock;

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
  }

  /** Whether the caller has hung up. */
  get gone(): boolean {
    return this.#response.destroyed || this.#response.closed;
  }

  /** @returns after so many ms on the clock: true, or false as soon as the caller hangs up. */
  pause(ms: number): Promise<boolean> {
    if (this.gone) return Promise.resolve(false);
    return new Promise((resolve) => {
      const hungUp = () => {
        this.#clock.clearTimeout(timer);
        resolve(false);
      };
      const timer = this.#clock.setTimeout(() => {
        this.#response.off('close', hungUp);
        resolve(!this.gone);
      }, ms);
      this.#response.once('close', hungUp);
    });
  }

  send(answer: Answer): void {
    this.#head(answer, Buffer.byteLength(answer.body));
    this.#response.end(answer.body);
  }

  /** Announces the whole answer, sends half of it and nothing more. */
  sendHalf(answer: Answer): void {
    const body = Buffer.from(answer.body);
    // At least one byte is announced and withheld, or an empty answer would be complete.
    this.#head(answer, body.length + 1);
    this.#response.flushHeaders();
    this.#response.write(body.subarray(0, Math.ceil(body.length / 2)));
  }

  /**
   * Sends an answer byte by byte.
   *
   * @param beforeLast runs when only the last byte is missing.
   * @returns whether the caller stayed to the end.
   */
  async trickle(answer: Answer, everyMs: number, beforeLast: () => void): Promise<boolean> {
    const body = Buffer.from(answer.body);
    this.#head(answer, body.length);
    this.#response.flushHeaders();
    for (let index = 0; index < body.length; index += 1) {
      if (!(await this.pause(everyMs))) return false;
      if (index === body.length - 1) beforeLast();
      else this.#response.write(body.subarray(index, index + 1));
    }
    if (body.length === 0) beforeLast();
    this.#response.end(body.subarray(-1));
    return true;
  }

  /** Sends filler for as long as the caller takes it. @returns whether all of it went out. */
  async flood(answer: Answer, bytes: number): Promise<boolean> {
    this.#response.writeHead(answer.status, answer.headers);
    const piece = Buffer.alloc(65_536, 0x20);
    for (let left = bytes; left > 0; left -= piece.length) {
      if (this.gone) return false;
      const room = this.#response.write(piece.subarray(0, Math.min(left, piece.length)));
      if (!room && !(await this.#drained())) return false;
    }
    this.#response.end();
    return true;
  }

  /** Cuts the connection with a TCP reset, as a crashed process or a broken middlebox does. */
  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }

  #head(answer: Answer, length: number): void {
    this.#response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
  }

  #drained(): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = () => {
        this.#response.off('drain', settle);
        this.#response.off('close', settle);
        resolve(!this.gone);
      };
      this.#response.once('drain', settle);
      this.#response.once('close', settle);
    });
  }
}

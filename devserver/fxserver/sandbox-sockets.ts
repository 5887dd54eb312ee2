import { EventEmitter } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import type { AnyFunction } from './message-pack.ts';

/** A socket, a server or a request. */
interface Connection extends EventEmitter {
  destroy?: () => void;
  close?: () => void;
}

/** Keeps a resource's sockets, so that they end with it. */
export class SandboxSockets {
  readonly #open = new Set<Connection>();
  /** The modules as the resource gets them. */
  readonly modules: Record<string, Record<string, unknown>>;

  constructor() {
    this.modules = {
      net: this.#track(net, ['connect', 'createConnection', 'createServer']),
      tls: this.#track(tls, ['connect', 'createServer']),
      http: this.#track(http, ['request', 'get', 'createServer']),
      https: this.#track(https, ['request', 'get', 'createServer']),
    };
  }

  /** Closes everything, without a word to the resource's own listeners. */
  end(): void {
    for (const connection of this.#open) {
      connection.removeAllListeners();
      connection.on('error', () => undefined);
      if (connection.destroy !== undefined) connection.destroy();
      else connection.close?.();
    }
    this.#open.clear();
  }

  #track(module: object, names: readonly string[]): Record<string, unknown> {
    const tracked: Record<string, unknown> = { ...module };
    for (const name of names) {
      const original = tracked[name] as AnyFunction;
      tracked[name] = (...args: unknown[]) => {
        const connection = original(...args);
        if (connection instanceof EventEmitter) {
          this.#open.add(connection);
          connection.once('close', () => this.#open.delete(connection));
        }
        return connection;
      };
    }
    return tracked;
  }
}

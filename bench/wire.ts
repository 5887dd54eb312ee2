import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Notes when this process hands bytes for a port to the network, on `performance.now`. */
export function watchWire(ports: readonly number[]): { readonly times: number[]; stop(): void } {
  const times: number[] = [];
  const patched = Object.getOwnPropertyDescriptor(Socket.prototype, 'write');
  function write(this: Socket, ...args: Parameters<Socket['write']>): boolean {
    if (this.remotePort !== undefined && ports.includes(this.remotePort)) times.push(performance.now());
    return Reflect.apply(Duplex.prototype.write, this, args);
  }
  Object.defineProperty(Socket.prototype, 'write', { value: write, configurable: true, writable: true });
  return {
    times,
    stop() {
      if (patched) Object.defineProperty(Socket.prototype, 'write', patched);
      else Reflect.deleteProperty(Socket.prototype, 'write');
    },
  };
}

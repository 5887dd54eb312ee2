import { BlockList, isIP } from 'node:net';
import type { PortRequest } from './push-endpoint.ts';

/** Tells who sent a request: an address, or whatever else stands for a caller, fit to be shown. */
export type CallerOf = (request: Pick<PortRequest, 'address' | 'headers'>) => string;

/**
 * Looks behind proxies: behind one, all callers come from its address. It says whom it speaks for in `X-Real-IP`,
 * which FXServer itself takes from it, or at the end of `X-Forwarded-For`. That is a hint and no proof: a proxy
 * may pass on what a caller wrote there.
 *
 * @param proxyRanges the convar `sv_proxyIPRanges`: networks as CIDR, between white space. When nothing is set,
 *   FXServer has the private networks in it.
 */
export function callersBehind(proxyRanges: string): CallerOf {
  const proxies = networksOf(proxyRanges);
  return ({ address, headers }) => {
    const peer = hostOf(address);
    const family = isIP(peer);
    if (family === 0 || !proxies.check(peer, family === 4 ? 'ipv4' : 'ipv6')) return shown(peer);
    const told = [headers.get('x-real-ip'), headers.get('x-forwarded-for')?.split(',').at(-1)];
    return shown(told.map((text) => text?.trim() ?? '').find((text) => isIP(text) !== 0) ?? peer);
  };
}

/** A network that is none is left out, as FXServer does; an address alone is a network of one. */
function networksOf(text: string): BlockList {
  const list = new BlockList();
  for (const word of text.split(/\s+/)) {
    const [, network = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(word) ?? [];
    const family = isIP(network);
    const most = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? most : Number(prefix);
    if (family !== 0 && bits <= most) list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** An address without its port: FXServer gives `1.2.3.4:30120` and `[2001:db8::1]:30120`. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function shown(host: string): string {
  return host.replace(/[^0-9A-Za-z.:]/g, '').slice(0, 64) || '?';
}

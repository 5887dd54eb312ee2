import { BlockList, isIP } from 'node:net';

/**
 * Networks as `sv_proxyIPRanges` has them: CIDR, between white space; what is none is left out, and an address alone
 * is a network of one (citizen-server-impl, NetworkList).
 */
export function networkList(text: string): BlockList {
  const list = new BlockList();
  for (const word of text.split(/\s+/)) {
    const [network = '', prefix] = word.split('/');
    const family = isIP(network);
    if (family === 0) continue;
    const most = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? most : Number(prefix);
    if (Number.isInteger(bits) && bits >= 0 && bits <= most) {
      list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
    }
  }
  return list;
}

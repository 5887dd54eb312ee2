import type { Action } from '../server/moderation/action.ts';

/** A temporary ban that was carried out in CMS and in CAD, of somebody with the identifiers that people have. */
export function temporaryBan(number: number, at: number, expiresAt: number): Action {
  const hex = number.toString(16).padStart(8, '0');
  const license = `${hex}deadbeefdeadbeefdeadbeefdeadbeef`;
  const steam = `1100001${hex}`;
  const delivery = {
    subjects: [
      { by: 'apiId', value: steam },
      { by: 'apiId', value: license },
    ],
    candidate: 0,
    attempts: 1,
    spentMs: 0,
    unanswered: null,
    state: { status: 'delivered', apiId: steam, account: null },
  } as const;
  return {
    id: hex,
    sequence: number,
    told: number,
    toldAt: at,
    key: `txadmin:${hex}`,
    alsoKeys: [],
    holder: [],
    kind: 'ban',
    person: {
      name: `Raider ${number}`,
      playerId: null,
      identifiers: [`license:${license}`, `license2:${license}`, `steam:${steam}`, `fivem:${number}`],
      account: null,
    },
    reason: 'Raid: mass ramming at spawn, see the recording of that night',
    author: { name: 'Mia', identifiers: ['license:aaaa', 'discord:1000'], playerId: null },
    origin: 'txadmin',
    at,
    drop: 'success',
    dropped: false,
    expiresAt,
    inForce: true,
    lifted: [],
    served: false,
    ended: [],
    isOfOneBan: false,
    server: null,
    serverId: null,
    deliveries: [
      { product: 'cms', ...delivery },
      { product: 'cad', ...delivery },
    ],
  };
}

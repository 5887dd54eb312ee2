import type { CmsAccount } from '../sonoran/cms-accounts.ts';
import type { Sonoran } from '../sonoran/server.ts';

/** Somebody who plays on the demo's server. */
export interface DemoPlayer {
  readonly name: string;
  readonly identifiers: readonly string[];
}

const license = (digits: string) => `license:a11ce${digits.padStart(35, '0')}`;
const steam = (digits: string) => `steam:1100001${digits.padStart(8, '0')}`;
const discord = (digits: string) => `discord:2359470566303${digits.padStart(5, '0')}`;

/** Alice is the moderator; Zed is on the server but has never linked an account; Pia and Quinn come after the story. */
export const PEOPLE = {
  alice: { name: 'Alice', identifiers: [license('1'), discord('1')] },
  bob: { name: 'Bob', identifiers: [license('2'), discord('2')] },
  rob: { name: 'Rob', identifiers: [license('3'), steam('a3'), discord('3')] },
  tina: { name: 'Tina', identifiers: [license('4'), steam('a4')] },
  xavier: { name: 'xX_Xavier_Xx', identifiers: [license('5'), steam('a5'), discord('5')] },
  yves: { name: 'Yves', identifiers: [license('6'), discord('6')] },
  zed: { name: 'Zed', identifiers: [license('7')] },
  una: { name: 'Una', identifiers: [license('8'), discord('8')] },
  vera: { name: 'Vera', identifiers: [license('9'), discord('9')] },
  will: { name: 'Will', identifiers: [license('10'), discord('10')] },
  pia: { name: 'Pia', identifiers: [license('11'), discord('11')] },
  quinn: { name: 'Quinn', identifiers: [license('12'), discord('12')] },
} as const satisfies Record<string, DemoPlayer>;

/** Gives everybody but Zed an account in CMS and CAD, linked as members do it. */
export function addAccounts({ cms, cad }: Sonoran): void {
  const unlinked: DemoPlayer = PEOPLE.zed;
  for (const player of Object.values(PEOPLE)) {
    if (player === unlinked) continue;
    const value = (type: string) =>
      player.identifiers.find((identifier) => identifier.startsWith(`${type}:`))?.slice(type.length + 1);
    const discordId = value('discord');
    const steamId = value('steam');
    cms.addAccount({
      accName: player.name,
      apiIds: steamId === undefined ? [] : [steamId],
      ...(discordId === undefined ? {} : { discordId }),
    });
    cad.addAccount({
      username: player.name,
      apiIds: [value('license') ?? ''],
      ...(discordId === undefined ? {} : { discord: discordId }),
    });
  }
}

/** The CMS account of that name, in any case; undefined when there is none (any more). */
export function cmsAccountOf({ cms }: Sonoran, name: string): CmsAccount | undefined {
  return cms.accounts.find(({ accName }) => accName.toLowerCase() === name.toLowerCase());
}

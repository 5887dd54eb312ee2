import type { CadAccount } from '../sonoran/cad-accounts.ts';
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

/** Alice is the moderator; Zed and Ulf have not linked their accounts; Pia, Quinn and Ulf come after the story. */
export const PEOPLE = {
  alice: { name: 'Alice', identifiers: [license('1'), discord('1')] },
  bob: { name: 'Bob', identifiers: [license('2'), discord('2')] },
  rob: { name: 'Rob', identifiers: [license('3'), steam('a3'), discord('3')] },
  tina: { name: 'Tina', identifiers: [license('4'), steam('a4')] },
  xavier: { name: 'xX_Xavier_Xx', identifiers: [license('5'), steam('a5'), discord('5')] },
  yves: { name: 'Yves', identifiers: [license('6'), discord('6')] },
  zed: { name: 'Zed', identifiers: [license('7'), discord('7')] },
  una: { name: 'Una', identifiers: [license('8'), discord('8')] },
  vera: { name: 'Vera', identifiers: [license('9'), discord('9')] },
  will: { name: 'Will', identifiers: [license('10'), discord('10')] },
  pia: { name: 'Pia', identifiers: [license('11'), discord('11')] },
  quinn: { name: 'Quinn', identifiers: [license('12'), discord('12')] },
  nora: { name: 'Nora', identifiers: [license('13'), discord('13')] },
  oscar: { name: 'Oscar', identifiers: [license('14'), discord('14')] },
  paul: { name: 'Paul', identifiers: [license('15'), discord('15')] },
  ulf: { name: 'Ulf', identifiers: [license('16'), discord('16')] },
} as const satisfies Record<string, DemoPlayer>;

const UNLINKED: readonly DemoPlayer[] = [PEOPLE.zed, PEOPLE.ulf];

/** Gives everybody an account in CMS and CAD; all but Zed and Ulf have linked theirs. */
export function addAccounts(sonoran: Sonoran): void {
  for (const player of Object.values(PEOPLE)) {
    sonoran.cms.addAccount({ accName: player.name });
    sonoran.cad.addAccount({ username: player.name });
    if (!UNLINKED.includes(player)) linkAccounts(sonoran, player);
  }
}

/** Links the accounts of that name to what the player has, as members do it. @returns false when there are none. */
export function linkAccounts(sonoran: Sonoran, { name, identifiers }: DemoPlayer): boolean {
  const inCms = cmsAccountOf(sonoran, name);
  const inCad = cadAccountOf(sonoran, name);
  if (inCms === undefined || inCad === undefined) return false;
  const value = (type: string) =>
    identifiers.find((identifier) => identifier.startsWith(`${type}:`))?.slice(type.length + 1);
  const [discordId, steamId, licenseId] = [value('discord'), value('steam'), value('license')];
  sonoran.cms.updateAccount(inCms.accId, {
    apiIds: steamId === undefined ? [] : [steamId],
    ...(discordId === undefined ? {} : { discordId }),
  });
  sonoran.cad.updateAccount(inCad.uuid, {
    apiIds: licenseId === undefined ? [] : [licenseId],
    ...(discordId === undefined ? {} : { discord: discordId }),
  });
  return true;
}

/** The CMS account of that name, in any case; undefined when there is none (any more). */
export function cmsAccountOf({ cms }: Sonoran, name: string): CmsAccount | undefined {
  return cms.accounts.find(({ accName }) => accName.toLowerCase() === name.toLowerCase());
}

/** The CAD account of that name, in any case; undefined when there is none. */
function cadAccountOf({ cad }: Sonoran, name: string): CadAccount | undefined {
  return cad.accounts.find(({ username }) => username.toLowerCase() === name.toLowerCase());
}

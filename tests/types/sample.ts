// Compiled, and never run: how another resource uses the types that are published.

import type { Outcome } from '../../types/cmsban.d.ts';

on('cmsban:delivered', (outcome: Outcome) => console.log(outcome.id, outcome.products.cms?.apiId));

export async function cheaterFound(playerId: number): Promise<string> {
  const outcome = await exports.cmsban.banPlayer(playerId, 'speed hack', {
    author: 'anticheat',
    drop: 'always',
    duration: '3d',
    products: ['cad'],
  });
  const { banned } = await exports.cmsban.isBanned(`license:${outcome.target.identifiers[0]}`);
  // @ts-expect-error an option that there is not
  await exports.cmsban.kickPlayer(playerId, 'speed hack', { until: 'tomorrow' });
  // @ts-expect-error a function that there is not
  await exports.cmsban.forgivePlayer(playerId);
  const [latest] = await exports.cmsban.getHistory(1);
  return banned === true && latest?.code === 'OK' ? latest.message : outcome.message;
}

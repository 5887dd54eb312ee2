import * as v from 'valibot';
import type { Database } from './database.ts';
import { type Failure, failure } from './trouble.ts';

export interface JoinOptions {
  readonly database: Database;
  /** What all of its rows are under: up to 190 characters, with no space at the end. */
  readonly community: string;
  /** Each is empty while it is not known: the product is not in use here, or its credentials are awaited. */
  readonly cmsId: string;
  readonly cadId: string;
}

/**
 * Whether this server belongs to the community: it does when an id is the same, and none differs. If not, which ids
 * that one has; or it cannot be told yet, since no id that is known here is known there.
 */
export type Joined =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly trouble: 'another community';
      readonly cmsId: string;
      readonly cadId: string;
    }
  | { readonly ok: false; readonly trouble: 'unknown' }
  | Failure;

const IdsRow = v.object({ cms_id: v.string(), cad_id: v.string() });

/** Takes part in a community. Whoever comes first founds it; an id that nobody knew is filled in by whoever knows it. */
export async function joinCommunity({ database, community, cmsId, cadId }: JoinOptions): Promise<Joined> {
  if (cmsId === '' && cadId === '') return { ok: false, trouble: 'unknown' };
  const made = await database.query(
    'INSERT INTO cmsban_community (community, cms_id, cad_id) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE community = VALUES(community)',
    [community, cmsId, cadId],
    { isRepeatable: true },
  );
  if (!made.ok) return made;
  // The right sides are read from left to right, each with what is set before it: so each names its own column alone.
  const filled = await database.query(
    `UPDATE cmsban_community
      SET cms_id = IF(cms_id = '', ?, cms_id), cad_id = IF(cad_id = '', ?, cad_id)
      WHERE community = ? AND (cms_id = '' OR cad_id = '')
        AND ((cms_id = ? AND cms_id <> '' AND (cad_id = '' OR ? = '')) OR (cad_id = ? AND cad_id <> '' AND (cms_id = '' OR ? = '')))`,
    [cmsId, cadId, community, cmsId, cadId, cadId, cmsId],
    { isRepeatable: true },
  );
  if (!filled.ok) return filled;
  const sql = 'SELECT cms_id, cad_id FROM cmsban_community WHERE community = ?';
  const found = await database.query(sql, [community], { isRepeatable: true });
  if (!found.ok) return found;
  const row = v.safeParse(IdsRow, found.rows[0]);
  if (!row.success) return failure('fault', 'cmsban_community');
  const { cms_id: cms, cad_id: cad } = row.output;
  const differs = (one: string, other: string) => one !== '' && other !== '' && one !== other;
  if (differs(cms, cmsId) || differs(cad, cadId)) {
    return { ok: false, trouble: 'another community', cmsId: cms, cadId: cad };
  }
  const isShared = (cms !== '' && cms === cmsId) || (cad !== '' && cad === cadId);
  return isShared ? { ok: true } : { ok: false, trouble: 'unknown' };
}

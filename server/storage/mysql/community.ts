import * as v from 'valibot';
import type { Database } from './database.ts';
import { type Failure, failure } from './trouble.ts';

export interface JoinOptions {
  readonly database: Database;
  /** What all of its rows are under: up to 190 characters, with no space at the end. */
  readonly community: string;
  readonly cmsId: string;
  readonly cadId: string;
}

/** Whether this server belongs to the community; if not, which ids that one has. */
export type Joined =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly trouble: 'another community';
      readonly cmsId: string;
      readonly cadId: string;
    }
  | Failure;

const IdsRow = v.object({ cms_id: v.string(), cad_id: v.string() });

/** Takes part in a community; whoever comes first founds it. */
export async function joinCommunity({ database, community, cmsId, cadId }: JoinOptions): Promise<Joined> {
  const made = await database.query(
    'INSERT INTO cmsban_community (community, cms_id, cad_id) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE cms_id = cms_id',
    [community, cmsId, cadId],
    { isRepeatable: true },
  );
  if (!made.ok) return made;
  const sql = 'SELECT cms_id, cad_id FROM cmsban_community WHERE community = ?';
  const found = await database.query(sql, [community], { isRepeatable: true });
  if (!found.ok) return found;
  const row = v.safeParse(IdsRow, found.rows[0]);
  if (!row.success) return failure('fault', 'cmsban_community');
  const { cms_id: cms, cad_id: cad } = row.output;
  if (cms === cmsId && cad === cadId) return { ok: true };
  return { ok: false, trouble: 'another community', cmsId: cms, cadId: cad };
}

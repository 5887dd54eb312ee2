import type { Clock } from '../clock.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { TellAuthor } from '../notify/audience.ts';
import type { Log } from '../notify/log.ts';
import type { CredentialWatch } from '../settings/credential-watch.ts';
import type { Settings } from '../settings/settings.ts';
import { isInUse, type Line } from '../sonoran/products.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import { createRecords, type Records, type RecordsOptions } from './records.ts';

/** What the keeping of records stands on. */
export interface KeeperOptions {
  readonly lines: readonly Line[];
  readonly settings: Pick<Settings, 'cmsRecords' | 'cmsRecordPoints'>;
  readonly storage: Storage;
  readonly ledger: Pick<Ledger, 'byId' | 'about'>;
  readonly clock: Clock;
  readonly retryForMs: number;
  readonly tell: TellAuthor;
  readonly tellThere: RecordsOptions['tellThere'];
  readonly watch: Pick<CredentialWatch, 'look'>;
  readonly log: Log;
  readonly say: Say;
}

/** Builds the keeping of records on CMS as it is set up here. What is kept already is revoked also when it is off. */
export function createCmsRecordKeeper(options: KeeperOptions): Records {
  const { lines, settings, watch, log } = options;
  const line = lines.find(({ records }) => records !== undefined);
  if (!line?.records) throw new Error('no CMS');
  return createRecords({
    ...options,
    api: line.records,
    cms: line.product,
    isInUse: () => isInUse(line),
    kinds: settings.cmsRecords,
    points: settings.cmsRecordPoints,
    random: Math.random,
    awaiting: line.awaiting,
    convars: () => Object.values(line.convars()).join(', '),
    lookForCredentials: watch.look,
    onBug: (error) => log.bug('records', error),
  });
}

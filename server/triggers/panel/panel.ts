import type { BansHere } from '../../bans/bans-here.ts';
import type { Presence } from '../../identity/presence.ts';
import type { Product } from '../../moderation/action.ts';
import type { Moderation } from '../../moderation/contract.ts';
import type { FindKnownBan } from '../../moderation/known-ban.ts';
import { productName } from '../../moderation/outcome.ts';
import type { Ledger, Players } from '../../moderation/ports.ts';
import type { Ties } from '../../moderation/ties.ts';
import type { Settings } from '../../settings/settings.ts';
import { textsUnder } from '../../text/locale.ts';
import type { TargetAnswer } from '../find-target.ts';
import { createImmunity } from '../immunity.ts';
import type { Access } from '../ports.ts';
import { createPanelActions } from './actions.ts';
import { createPanelAnswers, type PanelAnswersOptions } from './answers.ts';
import { createPanelDecide } from './decisions.ts';
import { createPanelPeople } from './people.ts';
import { type PanelWindows, type PanelWindowsOptions, registerPanelWindows } from './windows.ts';

/** What the panel is made of. */
export interface PanelOptions
  extends Omit<PanelWindowsOptions, 'people' | 'answerPanel' | 'facts' | 'deciding'>,
    Omit<PanelAnswersOptions, 'people' | 'actions' | 'decide' | 'deciding'> {
  readonly settings: Pick<Settings, 'unlinked' | 'joinGate' | 'reasons' | 'serverName'>;
  /** The code of the language that is said. */
  readonly locale: string;
  readonly moderation: Pick<Moderation, 'submit'>;
  readonly ledger: Ledger;
  readonly ties: Ties;
  readonly here: BansHere;
  readonly known: FindKnownBan;
  /** The products in use at the moment. */
  readonly products: () => readonly Product[];
  readonly players: Players & Presence;
  readonly access: Access;
  readonly deciding: PanelAnswersOptions['deciding'] & Parameters<typeof createPanelDecide>[0]['deciding'];
  /** Whom a word is about, in words for who was not found by it. */
  readonly findTarget: (word: string) => TargetAnswer;
}

/** Makes the panel: `/cmspanel`, and what answers its windows. */
export function createPanel(options: PanelOptions): PanelWindows {
  const { settings, access, ties, say } = options;
  const people = createPanelPeople({
    ...options,
    immunityOf: (players) => createImmunity({ players, access, ties }),
  });
  const actions = createPanelActions(options);
  const decide = createPanelDecide(options);
  return registerPanelWindows({
    ...options,
    people,
    answerPanel: createPanelAnswers({ ...options, people, actions, decide }),
    facts: () => ({
      locale: options.locale,
      texts: textsUnder('panel.', say),
      reasons: settings.reasons,
      products: options.products().map((product) => ({ product, name: productName(product, say) })),
      server: settings.serverName,
    }),
  });
}

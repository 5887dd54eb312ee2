import type { CommandSuggestion } from '../../shared/suggestions.ts';
import type { Say } from '../text/locale.ts';

/** What the chat box shows for each command. */
export function commandSuggestions(say: Say): CommandSuggestion[] {
  const target = { name: say('parameter.target'), help: say('help.target') };
  const reason = { name: say('parameter.reason'), help: say('help.reason') };
  const duration = { name: say('parameter.duration'), help: say('help.duration') };
  return [
    { name: 'cmsban', help: say('help.cmsban'), parameters: [target, duration, reason] },
    {
      name: 'cmskick',
      help: say('help.cmskick'),
      parameters: [{ ...target, help: say('help.target.kick') }, reason],
    },
    { name: 'cmsunban', help: say('help.cmsunban'), parameters: [target, reason] },
    { name: 'cmslookup', help: say('help.cmslookup'), parameters: [target] },
    {
      name: 'cmsqueue',
      help: say('help.cmsqueue'),
      parameters: [
        { name: 'list | kept | retry | cancel', help: say('help.verb') },
        { name: say('parameter.id'), help: say('help.id') },
      ],
    },
    {
      name: 'cmshistory',
      help: say('help.cmshistory'),
      parameters: [
        { ...target, help: say('help.target.history') },
        { name: say('parameter.page'), help: say('help.page') },
      ],
    },
    {
      name: 'cmspanel',
      help: say('help.cmspanel'),
      parameters: [{ ...target, help: say('help.target.panel') }],
    },
  ];
}

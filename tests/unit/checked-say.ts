import english from '../../locales/en.json' with { type: 'json' };
import { readLocale, type Say } from '../../server/text/locale.ts';
import { noteMessage } from '../shown/shown.ts';

const { say } = readLocale('en', undefined);

/** English, but a placeholder that the caller does not fill is an error. */
export const checkedSay: Say = (key, parameters = {}) => {
  const template: string | undefined = english[key];
  if (template === undefined) throw new Error(`there is no text ${key}`);
  for (const [placeholder, name = ''] of template.matchAll(/\{(\w+)\}/g)) {
    if (!Object.hasOwn(parameters, name)) throw new Error(`nobody fills ${placeholder} of ${key}`);
  }
  noteMessage(key);
  return say(key, parameters);
};

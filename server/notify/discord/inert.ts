import type { Say } from '../../text/locale.ts';

/** How embeds come to their texts. */
export interface Words {
  readonly say: Say;
  /** Text from people, {@link inert} and without secrets. */
  readonly show: (text: string) => string;
}

/** @param redact takes secrets out of a text; before anything in them is escaped. */
export function wordsFor(say: Say, redact: (text: string) => string): Words {
  return { say, show: (text) => inert(redact(text)) };
}

/** What breaks a word without being seen. */
const BREAK = '\u200b';

/** What is not seen, or turns text around; what chooses the look of an emoji is neither. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s\u2800]|[\p{Default_Ignorable_Code_Point}--[\ufe0e\ufe0f]]/gv;

/** What begins or ends a piece of Discord's Markdown. */
const MARKDOWN = /[\\`*_~|<>[\]()#+\-.:/@!]/g;

/** An address, or an invitation without one (`discord.gg/…`): a dot between a letter or number and a letter. */
const DOT = /(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}]*\p{L})/gu;

/**
 * Text from people, for the parts of an embed that Discord formats (description, names and values of fields): it shows
 * as it was, on one line, and mentions nobody, links nowhere and formats nothing.
 *
 * Discord takes a backslash before a character that is no letter, number or space for that character itself. So that
 * this does not hang on one rule, what begins a mention or makes an address is broken by a space without width as well.
 */
export function inert(text: string): string {
  return visible(text)
    .replaceAll(/[@<]/g, (begin) => begin + BREAK)
    .replaceAll('://', `:${BREAK}//`)
    .replaceAll(DOT, `.${BREAK}`)
    .replaceAll(MARKDOWN, '\\$&');
}

/** What is seen of a text, on one line. For the parts that Discord shows as they are: title and footer. */
export function visible(text: string): string {
  return text.toWellFormed().replaceAll(UNSEEN, ' ').replaceAll(/ +/g, ' ').trim();
}

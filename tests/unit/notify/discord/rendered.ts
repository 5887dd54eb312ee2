/** A text as somebody reads it in Discord. */
export interface Rendered {
  /** What is seen. */
  readonly text: string;
  /** Everything that is more than text: mentions, links, formatting. */
  readonly found: readonly string[];
}

/** What Discord makes something of, at the beginning of a line. */
const BLOCKS: Readonly<Record<string, RegExp>> = {
  heading: /^#{1,3} +\S/,
  subtext: /^-# +\S/,
  quote: /^>(?:>>)? /,
  list: /^ *(?:[*-]|\d+\.) +\S/,
};

/** What it makes something of anywhere, as its documentation ("Message formatting") and its help pages list it. */
const INLINE: Readonly<Record<string, RegExp>> = {
  everyone: /^@(?:everyone|here)/,
  user: /^<@!?\d+>/,
  role: /^<@&\d+>/,
  channel: /^<#\d+>/,
  emoji: /^<a?:\w+:\d+>/,
  time: /^<t:-?\d+(?::\w)?>/,
  command: /^<\/[^:<>]+:\d+>/,
  navigation: /^<id:\w+>/,
  email: /^<[^\s<>]+@[^\s<>]+\.[^\s<>]+>/,
  phone: /^<\+\d[\d ()-]*>/,
  address: /^(?:https?|steam|discord):\/\/[^\s<]/i,
  invitation: /^(?:discord\.gg|discord(?:app)?\.com\/invite)\/\w/i,
  masked: /^!?\[[^\]]*\]\([^)]*\)/,
  code: /^(`+)[^`]?[\s\S]*?\1/,
  strong: /^\*\*[\s\S]+?\*\*/,
  emphasis: /^\*(?=\S)[\s\S]*?\S?\*/,
  underline: /^__[\s\S]+?__/,
  emphasis_: /^_[\s\S]+?_/,
  strike: /^~~[\s\S]+?~~/,
  spoiler: /^\|\|[\s\S]+?\|\|/,
};

const ESCAPE = /^\\([^0-9A-Za-z\s])/;

/**
 * Reads a text by Discord's rules, one place after the other: what is escaped is text, what a rule takes is found.
 * Where the rules are not published, it rather finds too much.
 */
export function rendered(source: string): Rendered {
  const found: string[] = [];
  let text = '';
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at);
    const isStart = at === 0 || source[at - 1] === '\n';
    const escaped = ESCAPE.exec(rest)?.[1];
    for (const [name, rule] of Object.entries(isStart ? { ...BLOCKS, ...INLINE } : INLINE)) {
      if (rule.test(rest)) found.push(name);
    }
    text += escaped ?? rest.slice(0, 1);
    at += escaped === undefined ? 1 : 2;
  }
  return { text, found };
}

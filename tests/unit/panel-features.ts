/** Something that browsers can since some version of Chromium, and how to see in what is built that it is used. */
export interface Feature {
  readonly name: string;
  readonly since: number;
  readonly pattern: RegExp;
}

/** The version of the browser in the game. */
export const GAME_BROWSER = 103;

/**
 * What is newer than the game's browser. It does not complain: a rule that it does not know has no effect, and a
 * function that is not there fails when somebody clicks. The versions are those of caniuse.com and MDN.
 */
export const STYLE_FEATURES: readonly Feature[] = [
  { name: ':has()', since: 105, pattern: /:has\(/ },
  {
    name: 'container queries',
    since: 105,
    pattern: /@container\b|container-(?:type|name)\s*:|[{;\s]container\s*:/,
  },
  { name: 'container units', since: 105, pattern: /\d(?:cqw|cqh|cqi|cqb|cqmin|cqmax)\b/ },
  { name: ':popover-open', since: 114, pattern: /:popover-open/ },
  { name: 'small, large and dynamic viewport units', since: 108, pattern: /\d[sld]v(?:h|w|i|b|min|max)\b/ },
  { name: 'range syntax of media queries', since: 104, pattern: /@media[^{]*\([^):]*[<>]/ },
  {
    name: 'translate, rotate and scale as properties',
    since: 104,
    pattern: /[{;\s](?:translate|rotate|scale)\s*:/,
  },
  { name: 'font-tech() and font-format()', since: 108, pattern: /font-(?:tech|format)\(/ },
  { name: 'animation-composition', since: 112, pattern: /animation-composition/ },
  { name: 'color-mix()', since: 111, pattern: /color-mix\(/ },
  {
    name: 'color(), lab(), lch(), oklab(), oklch()',
    since: 111,
    pattern: /[^-\w](?:color|lab|lch|oklab|oklch)\(/,
  },
  { name: 'relative colours', since: 119, pattern: /(?:rgba?|hsla?)\(\s*from\b/ },
  { name: 'light-dark()', since: 123, pattern: /light-dark\(/ },
  { name: 'nesting', since: 112, pattern: /&/ },
  { name: 'round(), mod() and rem()', since: 125, pattern: /[^-\w](?:round|mod|rem)\(/ },
  { name: 'trigonometric functions', since: 111, pattern: /[^-\w](?:sin|cos|tan|asin|acos|atan2?)\(/ },
  {
    name: 'pow(), sqrt(), hypot(), log() and exp()',
    since: 120,
    pattern: /[^-\w](?:pow|sqrt|hypot|log|exp)\(/,
  },
  { name: 'subgrid', since: 117, pattern: /\bsubgrid\b/ },
  { name: 'text-wrap', since: 114, pattern: /text-wrap/ },
  { name: 'white-space-collapse', since: 114, pattern: /white-space-collapse/ },
  { name: 'hyphenate-limit-chars', since: 109, pattern: /hyphenate-limit-chars/ },
  { name: ':user-valid and :user-invalid', since: 119, pattern: /:user-(?:in)?valid/ },
  { name: ':dir()', since: 120, pattern: /:dir\(/ },
  { name: ':nth-child(… of …)', since: 111, pattern: /:nth-(?:last-)?child\([^)]*\sof\s/ },
  { name: '@scope', since: 118, pattern: /@scope\b/ },
  { name: '@starting-style', since: 117, pattern: /@starting-style\b/ },
  { name: 'transition-behavior', since: 117, pattern: /transition-behavior|allow-discrete/ },
  { name: 'linear() easing', since: 113, pattern: /[^-\w]linear\(/ },
  {
    name: 'scroll-driven animations',
    since: 115,
    pattern: /animation-timeline|scroll-timeline|view-timeline/,
  },
  { name: 'anchor positioning', since: 125, pattern: /anchor-name|position-anchor|[^-\w]anchor\(/ },
  { name: 'field-sizing', since: 123, pattern: /field-sizing/ },
  { name: 'unprefixed mask', since: 120, pattern: /(?:^|[^-])\bmask(?:-image)?\s*:/ },
  { name: 'scrollbar-color and scrollbar-width', since: 121, pattern: /scrollbar-(?:color|width)/ },
  {
    name: 'line-clamp without its prefix',
    since: Number.POSITIVE_INFINITY,
    pattern: /(?:^|[^-])\bline-clamp/,
  },
  { name: 'interpolate-size and calc-size()', since: 129, pattern: /interpolate-size|calc-size\(/ },
  { name: 'text-box', since: 133, pattern: /text-box/ },
];

export const SCRIPT_FEATURES: readonly Feature[] = [
  { name: 'toSorted, toReversed and toSpliced', since: 110, pattern: /\.to(?:Sorted|Reversed|Spliced)\(/ },
  { name: 'Array.prototype.with', since: 110, pattern: /\]\.with\(/ },
  { name: 'Array.fromAsync', since: 121, pattern: /Array\.fromAsync/ },
  { name: 'Object.groupBy and Map.groupBy', since: 117, pattern: /(?:Object|Map)\.groupBy/ },
  { name: 'Promise.withResolvers', since: 119, pattern: /Promise\.withResolvers/ },
  { name: 'Promise.try', since: 128, pattern: /Promise\.try/ },
  {
    name: 'methods of sets',
    since: 122,
    pattern:
      /\.(?:union|intersection|difference|symmetricDifference|isSubsetOf|isSupersetOf|isDisjointFrom)\(/,
  },
  {
    name: 'helpers of iterators',
    since: 122,
    pattern:
      /\.(?:values|keys|entries)\(\)\.(?:map|filter|take|drop|flatMap|reduce|toArray|forEach|some|every|find)\(/,
  },
  { name: 'isWellFormed and toWellFormed', since: 111, pattern: /\.(?:isWellFormed|toWellFormed)\(/ },
  { name: 'Intl.DurationFormat', since: 129, pattern: /Intl\.DurationFormat/ },
  { name: 'formatRange of numbers', since: 106, pattern: /\.formatRange(?:ToParts)?\(/ },
  { name: 'URL.canParse and URL.parse', since: 120, pattern: /URL\.(?:canParse|parse)\(/ },
  { name: 'AbortSignal.any', since: 116, pattern: /AbortSignal\.any/ },
  { name: 'scheduler.yield', since: 129, pattern: /scheduler\.yield/ },
  {
    name: 'popover',
    since: 114,
    pattern: /\.(?:showPopover|hidePopover|togglePopover)\(|popovertarget|popover\s*[:=]/i,
  },
  { name: 'view transitions', since: 111, pattern: /startViewTransition/ },
  { name: 'invoker commands', since: 135, pattern: /commandfor/i },
  { name: 'the v flag of regular expressions', since: 112, pattern: /\/[dgimsuy]*v[dgimsuy]*[.,;)]/ },
  { name: 'ArrayBuffer.prototype.transfer', since: 114, pattern: /\.transferToFixedLength\(/ },
  { name: 'getHTML and setHTMLUnsafe', since: 124, pattern: /\.(?:getHTML|setHTMLUnsafe)\(/ },
  { name: 'checkVisibility', since: 105, pattern: /\.checkVisibility\(/ },
  { name: 'scrollend', since: 114, pattern: /scrollend/i },
  { name: 'using', since: 134, pattern: /\bSymbol\.(?:asyncDispose|dispose)\b/ },
];

/** Those that a text uses. */
export function featuresIn(text: string, features: readonly Feature[]): readonly Feature[] {
  return features.filter(({ pattern }) => pattern.test(text));
}

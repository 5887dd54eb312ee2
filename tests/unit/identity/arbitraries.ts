import fc from 'fast-check';
import type { Identifier, IdentifierType } from '../../../server/identity/identifier.ts';

/** Any text at all, also with half surrogate pairs, control characters and other scripts. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

const VALUES: Readonly<Record<IdentifierType, RegExp>> = {
  steam: /^[0-9a-f]{1,32}$/,
  license: /^[0-9a-f]{40}$/,
  license2: /^[0-9a-f]{40}$/,
  discord: /^[0-9]{17,20}$/,
  fivem: /^[0-9]{1,9}$/,
  xbl: /^[0-9]{16}$/,
  live: /^[0-9]{15}$/,
};

function ofType(type: IdentifierType): fc.Arbitrary<Identifier> {
  return fc.stringMatching(VALUES[type]).map((value) => ({ type, value }));
}

/** An identifier as FXServer gives it. */
export const identifier: fc.Arbitrary<Identifier> = fc.oneof(
  ofType('steam'),
  ofType('license'),
  ofType('license2'),
  ofType('discord'),
  ofType('fivem'),
  ofType('xbl'),
  ofType('live'),
);

/** The same as `type:value`. */
export const identifierText = identifier.map(({ type, value }) => `${type}:${value}`);

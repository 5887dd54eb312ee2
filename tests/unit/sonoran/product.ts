import type { ProductSettings } from '../../../server/settings/credentials.ts';
import { Secret } from '../../../server/text/secret.ts';

export const KEY = 'THE-KEY';
export const UUID = '0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2b';
export const NOW = 1_700_000_000_000;
export const now = () => NOW;

/** How to reach a product that does not exist. */
export const product: ProductSettings = {
  communityId: 'ours',
  apiKey: new Secret(KEY),
  url: 'https://api.example.org',
  idTypes: ['steam'],
};

/** Answers that no API should give, and what every client makes of them: something to be tried again. */
export const ODD_ANSWERS = [
  ['a web page', { body: '<!DOCTYPE html><html><body>It works</body></html>', contentType: 'text/html' }],
  ['a web page with status 502', { status: 502, body: '<html>Bad gateway</html>' }],
  ['a redirect', { status: 302, body: '' }],
  ['a teapot', { status: 418, body: 'I am a teapot' }],
  ['an internal error', { status: 500, body: { title: 'Internal Server Error' } }],
  ['an empty unavailability', { status: 503, body: '' }],
] as const;

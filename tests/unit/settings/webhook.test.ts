import { describe, expect, it } from 'vitest';
import { collectKeys } from '../../../server/settings/credential-watch.ts';
import { readWebhook } from '../../../server/settings/webhook.ts';
import { redactor, type Secret } from '../../../server/text/secret.ts';

const ID = '1234567890123456789';
const TOKEN = `a_${'Bc-9'.repeat(16)}Zz`;
const of = (value: string) => readWebhook((name) => (name === 'cmsban_discord_webhook' ? value : ''));

describe('the address of a webhook', () => {
  it.each([
    [`https://discord.com/api/webhooks/${ID}/${TOKEN}`, 'https://discord.com'],
    [`  https://discordapp.com/api/webhooks/${ID}/${TOKEN}/ `, 'https://discord.com'],
    [`https://ptb.discord.com/api/v9/webhooks/${ID}/${TOKEN}`, 'https://ptb.discord.com'],
    [`https://canary.discordapp.com/api/webhooks/${ID}/${TOKEN}?wait=false`, 'https://canary.discord.com'],
    [`http://127.0.0.1:3000/api/webhooks/${ID}/${TOKEN}`, 'http://127.0.0.1:3000'],
    [`http://localhost:3000/api/webhooks/${ID}/${TOKEN}`, 'http://localhost:3000'],
  ])('may be %s', (value, origin) => {
    const { webhook, problem } = of(value);
    expect(problem).toBeUndefined();
    expect(webhook?.origin).toBe(origin);
    expect(webhook?.path.reveal()).toBe(`/api/v10/webhooks/${ID}/${TOKEN}?wait=true`);
    expect(JSON.stringify(webhook)).not.toContain(TOKEN);
  });

  it('may name a thread', () => {
    const { webhook } = of(`https://discord.com/api/webhooks/${ID}/${TOKEN}?thread_id=987654321`);
    expect(webhook?.path.reveal()).toBe(`/api/v10/webhooks/${ID}/${TOKEN}?wait=true&thread_id=987654321`);
  });

  it.each(['', '  ', 'none'])('may be left out (%j)', (value) => {
    expect(of(value)).toEqual({ webhook: undefined });
  });

  it.each([
    ['setting.webhook.host', `https://discord.com.evil.example/api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook.host', `https://evildiscord.com/api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook.host', `https://discord.com:8443/api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook.host', `http://discord.com/api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook.host', `https://127.0.0.1/api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook.host', `http://127.0.0.1.evil.example/api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook.host', `http://10.0.0.1/api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook.host', `https://hooks.slack.com/services/${TOKEN}`],
    ['setting.webhook.host', `file:///api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook', `https://discord.com@evil.example/api/webhooks/${ID}/${TOKEN}`],
    ['setting.webhook', `https://discord.com/api/webhooks/${ID}/${TOKEN.slice(0, 40)}`],
    ['setting.webhook', `https://discord.com/api/webhooks/${ID}`],
    ['setting.webhook', `https://discord.com/api/webhooks/${ID}/${TOKEN}/slack`],
    ['setting.webhook', `https://discord.com/api/webhooks/${ID}/../../users/${TOKEN}`],
    ['setting.webhook', `https://discord.com/channels/${ID}/${ID}`],
    ['setting.webhook', `https://discord.com/api/webhooks/${ID}/${TOKEN}?thread_id=x`],
    ['setting.webhook', `${ID}/${TOKEN}`],
    ['setting.webhook', 'true'],
  ])('is refused (%s), and not shown: %s', (key, value) => {
    const { webhook, problem } = of(value);
    expect(webhook).toBeUndefined();
    expect(problem).toEqual({ convar: 'cmsban_discord_webhook', message: { key, parameters: {} } });
  });

  it.each([`https://discord.com/api/webhooks/${ID}/${TOKEN}`, `https://evil.example/${TOKEN}?x`, TOKEN])(
    'is taken out of every text, whole and the token alone: %s',
    (value) => {
      const secrets: Secret[] = [];
      collectKeys((name) => (name === 'cmsban_discord_webhook' ? value : ''), secrets);
      const redact = redactor(secrets);
      for (const text of [value, `/api/v10/webhooks/${ID}/${TOKEN}?wait=true`, JSON.stringify({ value })]) {
        expect(redact(`see ${text}`)).not.toContain(TOKEN);
      }
      expect(redact(`${ID} true none`)).toBe(`${ID} true none`);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { failureOf, type Stage, type Trouble } from '../../../server/storage/mysql/trouble.ts';
import { createTroubleReport } from '../../../server/storage/mysql/trouble-report.ts';
import { redactor, Secret } from '../../../server/text/secret.ts';

const redact = redactor([new Secret('hunter2')]);
const error = (message: string, fields: object) => Object.assign(new Error(message), fields);

describe('an error of the driver', () => {
  const cases: readonly [string, object, Stage, Trouble][] = [
    [
      'connect ECONNREFUSED 127.0.0.1:3306',
      { errno: -111, code: 'ECONNREFUSED', syscall: 'connect' },
      'connecting',
      'unreachable',
    ],
    [
      'getaddrinfo ENOTFOUND db',
      { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo' },
      'connecting',
      'unreachable',
    ],
    ['', { code: 'ECONNREFUSED' }, 'connecting', 'unreachable'],
    ['read ECONNRESET', { errno: -104, code: 'ECONNRESET', syscall: 'read' }, 'connected', 'lost'],
    ['write EPIPE', { errno: -32, code: 'EPIPE', syscall: 'write', fatal: true }, 'connected', 'lost'],
    [
      'Connection lost: The server closed the connection.',
      { code: 'PROTOCOL_CONNECTION_LOST', fatal: true },
      'connected',
      'lost',
    ],
    [
      'Connection lost: The server closed the connection.',
      { code: 'PROTOCOL_CONNECTION_LOST', fatal: true },
      'connecting',
      'unreachable',
    ],
    ["Can't add new command when connection is in closed state", { fatal: true }, 'connected', 'lost'],
    ['Server shutdown in progress', { errno: 1053, code: 'ER_SERVER_SHUTDOWN' }, 'connected', 'lost'],
    ['Server shutdown in progress', { errno: 1053 }, 'connecting', 'unreachable'],
    ['Connection was killed', { errno: 1927 }, 'connected', 'lost'],
    ['Query execution was interrupted', { errno: 1317 }, 'connected', 'lost'],
    [
      'The client was disconnected by the server because of inactivity.',
      { errno: 4031 },
      'connected',
      'lost',
    ],
    ['Too many connections', { errno: 1040, fatal: true }, 'connecting', 'unreachable'],
    [
      "User 'x' has exceeded the 'max_user_connections' resource",
      { errno: 1226 },
      'connecting',
      'unreachable',
    ],
    ['WSREP has not yet prepared node for application use', { errno: 1047 }, 'connected', 'unreachable'],
    [
      "Access denied for user 'x'@'localhost' (using password: YES)",
      { errno: 1045, fatal: true },
      'connecting',
      'refused',
    ],
    ["Unknown database 'x'", { errno: 1049, fatal: true }, 'connecting', 'refused'],
    ["CREATE command denied to user 'x'", { errno: 1142 }, 'connected', 'refused'],
    ["Host 'x' is not allowed to connect", { errno: 1130, fatal: true }, 'connecting', 'refused'],
    [
      'Server does not support secure connection',
      { code: 'HANDSHAKE_NO_SSL_SUPPORT', fatal: true },
      'connecting',
      'refused',
    ],
    ['self-signed certificate', { code: 'HANDSHAKE_SSL_ERROR', fatal: true }, 'connecting', 'refused'],
    [
      'unknown plugin auth_gssapi_client',
      { code: 'AUTH_SWITCH_PLUGIN_ERROR', fatal: true },
      'connecting',
      'refused',
    ],
    ['running with the --read-only option', { errno: 1290 }, 'connected', 'read-only'],
    ['Cannot execute statement in a READ ONLY transaction.', { errno: 1792 }, 'connected', 'read-only'],
    ["The table 'cmsban_record' is full", { errno: 1114 }, 'connected', 'full'],
    ['Disk full (/tmp/x); waiting for someone to free some space...', { errno: 1021 }, 'connected', 'full'],
    [
      'Got error 28 "No space left on device" from storage engine InnoDB',
      { errno: 1030 },
      'connected',
      'full',
    ],
    ['Got error 28 during COMMIT', { errno: 1180 }, 'connected', 'full'],
    ['Got error 5 during COMMIT', { errno: 1180 }, 'connected', 'again'],
    ['Deadlock found when trying to get lock', { errno: 1213 }, 'connected', 'again'],
    ['Lock wait timeout exceeded', { errno: 1205 }, 'connected', 'again'],
    ['Record has changed since last read', { errno: 1020 }, 'connected', 'again'],
    ['You have an error in your SQL syntax', { errno: 1064, code: 'ER_PARSE_ERROR' }, 'connected', 'fault'],
    ["Table 'game.x' doesn't exist", { errno: 1146 }, 'connected', 'fault'],
    ["Data too long for column 'id'", { errno: 1406 }, 'connected', 'fault'],
  ];

  it.each(cases)('is known: %s %j (%s)', (message, fields, stage, trouble) => {
    expect(failureOf(error(message, fields), stage, redact)).toMatchObject({ ok: false, trouble });
  });

  it('is told in its own words, or by its code, without secrets, and not at length', () => {
    const told = (message: string, fields = {}) =>
      failureOf(error(message, fields), 'connected', redact).detail;
    expect(told("near 'hunter2' at line 1")).toBe("near '•••' at line 1");
    expect(told('', { code: 'ECONNREFUSED' })).toBe('ECONNREFUSED');
    expect(told('x'.repeat(10_000))).toHaveLength(300);
    expect(failureOf('hunter2', 'connected', redact)).toMatchObject({ trouble: 'fault', detail: '•••' });
    expect(failureOf(undefined, 'connecting', redact)).toMatchObject({ trouble: 'fault' });
  });
});

describe('trouble', () => {
  it('is told once per kind, until it is over', () => {
    const told: (string | undefined)[] = [];
    const note = createTroubleReport((trouble) => told.push(trouble?.trouble));
    const fail = (trouble: Trouble) => note({ ok: false, trouble, detail: '', number: 0 });
    note({ ok: true });
    for (const trouble of ['lost', 'unreachable', 'unreachable', 'lost', 'refused'] as const) fail(trouble);
    expect(told).toEqual(['lost', 'unreachable', 'refused']);
    note({ ok: true });
    note({ ok: true });
    fail('lost');
    expect(told.slice(3)).toEqual([undefined, 'lost']);
  });
});

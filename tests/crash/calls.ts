import type { RecordedRequest } from '../../devserver/sonoran/recorded-request.ts';
import type { Sonoran } from '../../devserver/sonoran/server.ts';
import type { ActionKind, Product } from '../../server/moderation/action.ts';
import type { Name, Person } from './people.ts';

/** A request that reached Sonoran, as far as the checks need it. */
export interface Call {
  /** Its place among the host's requests. */
  readonly index: number;
  /** `question`: whether the name is linked; CAD is asked that before every name but the first. */
  readonly kind: ActionKind | 'question';
  readonly person: Person;
  /** By which name it named the person. */
  readonly by: Name;
  /** What was answered; `lost` for everything that cannot have told the product how it ended. */
  readonly answer: 'done' | 'linked' | 'not-linked' | 'lost';
  /** Whether Sonoran acted on it, whatever it answered. */
  readonly hadEffect: boolean;
}

/**
 * What is known of the requests to a host that are about somebody: all but the reads of the list of banned
 * accounts, and the questions to CMS which account a ban was for, or who a kick may have hit.
 *
 * @throws when one is none that the product may make here.
 */
export function callsOf(sonoran: Sonoran, product: Product, people: readonly Person[]): Call[] {
  const effective = new Set(sonoran[product].effects.map(({ requestIndex }) => requestIndex));
  return sonoran[product].requests.flatMap((request: RecordedRequest, index) => {
    if (isRead(product, request.operation)) return [];
    const isQuestion = request.operation === 'links-check' || request.operation === 'account';
    const body = request.method === 'GET' ? request.query : request.body;
    const fields = (product === 'cms' ? cmsFields : cadFields)(body);
    const kind = isQuestion ? 'question' : product === 'cms' ? CMS_KINDS[request.operation] : cadKind(fields);
    const named = whoIs(people, fields);
    if (kind === undefined || named === undefined) {
      throw new Error(`request ${index} to ${product}, ${request.operation}, is none that was to be made`);
    }
    const answer = isQuestion ? linkOf(request.response) : answerOf(product, request.response);
    return [{ index, kind, ...named, answer, hadEffect: effective.has(index) }];
  });
}

function isRead(product: Product, operation: string): boolean {
  const isOfList = operation === 'accounts' || operation === 'accounts-search';
  return isOfList || (product === 'cms' && operation === 'account');
}

type Fields = Readonly<Record<string, unknown>>;

const CMS_KINDS: Readonly<Record<string, ActionKind | undefined>> = {
  BAN_ACCOUNT: 'ban',
  KICK_ACCOUNT: 'kick',
};

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function cmsFields(body: unknown): Fields {
  const data = isFields(body) ? body['data'] : undefined;
  return Array.isArray(data) && isFields(data[0]) ? data[0] : {};
}

function cadFields(body: unknown): Fields {
  return isFields(body) ? body : {};
}

function cadKind({ isBan, isKick }: Fields): ActionKind | undefined {
  if (isKick === true) return 'kick';
  if (typeof isBan !== 'boolean') return undefined;
  return isBan ? 'ban' : 'unban';
}

function whoIs(people: readonly Person[], fields: Fields): Pick<Call, 'person' | 'by'> | undefined {
  const isField = fields['discord'] !== undefined;
  const value = fields['discord'] ?? fields['apiId'] ?? fields['communityUserId'];
  const account = fields['accId'] ?? fields['accountUuid'];
  const holder = people.find(({ accounts }) => Object.values(accounts).some(({ id }) => id === account));
  if (holder) return { person: holder, by: 'account' };
  for (const person of people) {
    for (const by of ['license', 'steam', 'discord'] as const)
      if (person.ids[by] === value) return { person, by: by === 'discord' && !isField ? 'digits' : by };
  }
  return undefined;
}

/** What CAD answered to the question whether a name is linked. */
function linkOf(response: RecordedRequest['response']): Call['answer'] {
  if (response?.status === 404 && isFields(response.body)) return 'not-linked';
  if (response?.status !== 200 || !isFields(response.body)) return 'lost';
  if (typeof response.body['linked'] === 'boolean') return response.body['linked'] ? 'linked' : 'not-linked';
  return typeof response.body['uuid'] === 'string' ? 'linked' : 'lost';
}

function answerOf(product: Product, response: RecordedRequest['response']): Call['answer'] {
  if (response === undefined) return 'lost';
  const { status, body } = response;
  if (product === 'cms') {
    if (status === 200) return 'done';
    return typeof body === 'string' && body.includes('NOT LINKED') ? 'not-linked' : 'lost';
  }
  if (status === 200) return isFields(body) && typeof body['accountUuid'] === 'string' ? 'done' : 'lost';
  return status === 404 && isFields(body) ? 'not-linked' : 'lost';
}

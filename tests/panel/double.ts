import type { Page, Route } from 'playwright-core';
import english from '../../locales/en.json' with { type: 'json' };
import {
  NUI_ASK,
  NUI_CLOSE,
  NUI_READY,
  PANEL_RIGHTS,
  type PanelAction,
  type PanelAnswer,
  type PanelAsk,
  type PanelMessage,
  type PanelOpening,
  type PanelPage,
  type PanelPerson,
  type PanelView,
} from '../../shared/panel.ts';
import { PAGE } from './page.ts';

/** How many items a page of a list has here. */
const PER_PAGE = 50;

/** The other end of the contract in `shared/panel.ts`, as a test wants it: for what a real server never or seldom does. */
export interface Double {
  people: PanelPerson[];
  actions: PanelAction[];
  /** What was asked, the latest last. */
  readonly asked: PanelAsk[];
  /** Which callbacks the page has called. */
  readonly called: string[];
  /** What is answered; undefined leaves it to the double, null answers nothing. */
  answer: (question: PanelAsk) => PanelAnswer | null | undefined;
  /** Answers a question that was left open, by its place among those that were asked. */
  answerLate(place: number, answer: PanelAnswer): Promise<void>;
  open(opening?: Partial<PanelOpening>): Promise<void>;
  news(...views: PanelView[]): Promise<void>;
  close(): Promise<void>;
}

/** What the window opens with, for somebody who may do everything. */
export const OPENING: Omit<PanelOpening, 'now'> = {
  locale: 'en',
  texts: Object.fromEntries(
    Object.entries(english).flatMap(([key, text]) =>
      key.startsWith('panel.') ? [[key.slice('panel.'.length), text]] : [],
    ),
  ),
  rights: PANEL_RIGHTS,
  reasons: [
    { reason: 'RDM', duration: '2d' },
    { reason: 'VDM', duration: '3d' },
    { reason: 'Cheating', duration: 'perm' },
  ],
  products: [
    { product: 'cms', name: 'Sonoran CMS' },
    { product: 'cad', name: 'Sonoran CAD' },
  ],
  server: 'Liberty Roleplay',
  person: null,
};

/** Stands behind a page from now on. */
export async function standBehind(page: Page): Promise<Double> {
  const numbers: number[] = [];
  const send = (message: PanelMessage) => page.evaluate((data) => window.postMessage(data, '*'), message);

  const double: Double = {
    people: [],
    actions: [],
    asked: [],
    called: [],
    answer: () => undefined,
    answerLate: (place, answer) => send({ type: 'answer', reply: { number: numbers[place] ?? 0, answer } }),
    open: (opening = {}) => send({ type: 'open', opening: { ...OPENING, now: Date.now(), ...opening } }),
    news: (...views) => send({ type: 'news', views }),
    close: () => send({ type: 'close' }),
  };

  async function hear(route: Route): Promise<void> {
    const callback = new URL(route.request().url()).pathname.slice(1);
    double.called.push(callback);
    const headers = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' };
    await route.fulfill({ json: {}, headers });
    if (callback !== NUI_ASK) return;
    const { number, question } = route.request().postDataJSON();
    numbers.push(number);
    double.asked.push(question);
    const given = double.answer(question);
    const answer = given === undefined ? ownAnswer(double, question) : given;
    if (answer !== null) await send({ type: 'answer', reply: { number, answer } });
  }

  await page.route('https://cmsban/*', (route) =>
    hear(route).catch((error: unknown) => {
      // The test has ended meanwhile.
      if (!page.isClosed()) throw error;
    }),
  );
  await page.addInitScript(() => Object.assign(window, { GetParentResourceName: () => 'cmsban' }));
  await page.goto(PAGE);
  return double;
}

/** The callbacks, as tests name them. */
export const CALLBACKS = { ready: NUI_READY, ask: NUI_ASK, close: NUI_CLOSE };

function ownAnswer({ people, actions }: Double, question: PanelAsk): PanelAnswer {
  const found = (text: object, search: string) =>
    JSON.stringify(text).toLowerCase().includes(search.toLowerCase());
  switch (question.ask) {
    case 'players':
      return {
        kind: 'people',
        people: pageOf(
          people.filter((person) => found(person, question.search)),
          question.page,
        ),
      };
    case 'waiting':
      return {
        kind: 'actions',
        actions: pageOf(
          actions.filter(({ status }) => status === 'queued'),
          question.page,
        ),
        worker: null,
      };
    case 'history':
      return {
        kind: 'actions',
        actions: pageOf(
          actions.filter(
            (action) =>
              found(action, question.search) &&
              (!question.inForce || action.inForce) &&
              (question.person === null ||
                action.person.name === people.find(({ target }) => target === question.person)?.name),
          ),
          question.page,
        ),
        worker: null,
      };
    case 'person': {
      const named = actions.find(({ id }) => id === question.target);
      const person = people.find(
        ({ target, name }) => target === question.target || name === named?.person.name,
      );
      return person
        ? { kind: 'person', person }
        : { kind: 'refused', message: 'There is nobody of that name.' };
    }
    case 'lookup':
      return {
        kind: 'lookup',
        lookup: {
          tone: 'good',
          message: 'Sonoran CMS: account Mia, not banned.\nSonoran CAD: no account.',
          id: null,
        },
      };
    default:
      return { kind: 'told', told: { tone: 'good', message: 'It is done.', id: null } };
  }
}

function pageOf<T>(items: readonly T[], asked: number): PanelPage<T> {
  const pages = Math.max(1, Math.ceil(items.length / PER_PAGE));
  const page = Math.min(asked, pages);
  return { items: items.slice((page - 1) * PER_PAGE, page * PER_PAGE), page, pages, count: items.length };
}

// Compiled, and never run: where the types that are published differ from what the exports are, this does not compile.

import type * as Actions from '../../server/moderation/action.ts';
import type { ExportChoicesWritten } from '../../server/triggers/export-arguments.ts';
import type { ServerExports } from '../../server/triggers/exports.ts';
import type * as Published from '../../types/cmsban.d.ts';

/** Whether two types are the same, and not only assignable: an optional field that one lacks counts. */
type Same<A, B> = [Differs<A, B>, Differs<B, A>] extends [false, false] ? true : false;
/** Two functions are taken for one another only when what they ask their type is the same question. */
type Differs<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? false : true;
type Assert<T extends true> = T;
/** The same type with its parts written out, however deep: names of parts do not matter. */
type Plain<T> = T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Chosen<T> = { [K in keyof T]-?: NonNullable<T[K]> };

type Answer<T extends keyof ServerExports> = Awaited<ReturnType<ServerExports[T]>>;
type Outcome = Answer<'banPlayer'>;
type BannedAnswer = Answer<'isBanned'>;

/** What is published and is not there yet, by the type that it will be in; `never` when all of it is there. */
interface Coming {
  Outcome: never;
  BannedAnswer: never;
  Options: never;
}

/** A name that is there now has to go from {@link Coming}: then its type is compared too. */
export type NothingHasCome = [
  Assert<Same<Extract<keyof Outcome, Coming['Outcome']>, never>>,
  Assert<Same<Extract<keyof BannedAnswer, Coming['BannedAnswer']>, never>>,
  Assert<Same<Extract<keyof ExportChoicesWritten, Coming['Options']>, never>>,
];

export type TheWords = [
  Assert<Same<Published.ActionKind, Actions.ActionKind>>,
  Assert<Same<Published.Product, Actions.Product>>,
  Assert<Same<Published.Status, Outcome['status']>>,
  Assert<Same<Published.Code, Actions.Code>>,
  Assert<Same<Published.Origin, Actions.Origin>>,
  Assert<Same<Published.DropRule, Actions.DropRule>>,
];

export type TheAnswers = [
  Assert<Same<Plain<Omit<Published.Outcome, Coming['Outcome']>>, Plain<Outcome>>>,
  Assert<Same<Plain<Published.Lookup>, Plain<Answer<'lookupPlayer'>>>>,
  Assert<Same<Plain<Omit<Published.BannedAnswer, Coming['BannedAnswer']>>, Plain<BannedAnswer>>>,
  Assert<
    Same<Plain<Omit<Chosen<Published.Options>, Coming['Options']>>, Plain<Chosen<ExportChoicesWritten>>>
  >,
];

/** What a function answers, by the name of that answer. */
type Answered<T> = T extends Outcome[] | Published.Outcome[]
  ? 'outcomes'
  : T extends { action: unknown }
    ? 'outcome'
    : T extends { stale: unknown }
      ? 'banned'
      : 'lookup';
type Answers<T extends Record<keyof T, (...args: never) => unknown>> = {
  [K in keyof T]: Answered<Awaited<ReturnType<T[K]>>>;
};
type Arguments<T extends Record<keyof T, (...args: never) => unknown>> = {
  [K in keyof T]: Parameters<T[K]>['length'];
};

export type TheFunctions = [
  Assert<Same<Answers<Published.Exports>, Answers<ServerExports>>>,
  Assert<Same<Arguments<Published.Exports>, Arguments<ServerExports>>>,
];

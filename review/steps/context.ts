import type { Begin } from '../begin.ts';
import type { Change } from '../change.ts';
import type { Forge } from '../forge.ts';
import type { Job } from '../journal.ts';
import type { ReviewModel } from '../model.ts';
import type { Settings } from '../settings.ts';
import type { TestFile } from '../stages/tests.ts';
import type { Steps } from '../steps.ts';

/** What a stage's steps work with. The stages themselves get data and the model, and nothing of this. */
export interface Context {
  readonly job: Job;
  readonly begin: Begin;
  readonly settings: Settings;
  readonly change: Change;
  readonly steps: Steps;
  readonly forge: Forge;
  readonly model: ReviewModel;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Tokens of one question; gpt-oss reads more, and judges worse. */
export const QUESTION_TOKENS = 12_000;

/** Where generated tests go. */
export type Offering = 'branch' | 'text' | RunTests;

/** Keeps those that pass on the head and fail without the change. */
export type RunTests = (
  files: readonly TestFile[],
  settings: Settings['tests'],
) => Promise<readonly TestFile[]>;

import type { Begin } from '../begin.ts';
import type { Change } from '../change.ts';
import type { Forge } from '../forge.ts';
import type { Job } from '../journal.ts';
import type { ReviewModel } from '../model.ts';
import type { Settings } from '../settings.ts';
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

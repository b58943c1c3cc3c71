import type {
  BranchChange,
  Checks,
  Forge,
  LineComment,
  OwnComment,
  PullRequest,
} from '../../review/forge.ts';
import type { Journal, StepRecord } from '../../review/journal.ts';
import type { ModelRequest, ReviewModel } from '../../review/model.ts';

export type Files = Readonly<Record<string, string>>;

/** A place of pull requests in memory. What was written there can be looked at. */
export interface MemoryForge extends Forge {
  pull: PullRequest;
  readonly reviews: Map<string, { readonly commit: string; readonly comments: readonly LineComment[] }>;
  sticky: string | undefined;
  readonly branches: Map<string, BranchChange>;
  checksOf: Checks;
  /** Commit → its files. */
  readonly trees: Map<string, Files>;
  /** `from...to` → git's diff. */
  readonly diffs: Map<string, string>;
}

export const PULL: PullRequest = {
  ...{
    owner: 'acme',
    repository: 'shop',
    number: 7,
    title: 'Count carts',
    body: 'So that they are counted.',
  },
  ...{ baseCommit: 'base', baseBranch: 'main', headCommit: 'head1', headBranch: 'carts' },
  ...{ fork: false, bot: false, draft: false, open: true },
};

export function memoryForge(pull: Partial<PullRequest> = {}): MemoryForge {
  const forge: MemoryForge = {
    pull: { ...PULL, ...pull },
    reviews: new Map(),
    sticky: undefined,
    branches: new Map(),
    checksOf: 'pending',
    trees: new Map(),
    diffs: new Map(),
    pullRequest: async () => forge.pull,
    diff: async (_, from, to) => forge.diffs.get(`${from}...${to}`),
    file: async (_, path, commit) => forge.trees.get(commit)?.[path],
    paths: async (_, commit) => Object.keys(forge.trees.get(commit) ?? {}),
    ownComments: async () =>
      [...forge.reviews.values()].flatMap(({ commit, comments }) =>
        comments.map((comment): OwnComment => ({ ...comment, commit })),
      ),
    publishReview: async (_, commit, comments, marker) => {
      if (!forge.reviews.has(marker)) forge.reviews.set(marker, { commit, comments });
    },
    summary: async () => forge.sticky,
    writeSummary: async (_, body, marker) => {
      if (!body.includes(marker)) throw new Error('the body lacks its marker');
      forge.sticky = body;
    },
    commitOnBranch: async (_, change) => {
      forge.branches.set(change.branch, change);
      return `commit-of-${change.branch}`;
    },
    checks: async () => forge.checksOf,
  };
  return forge;
}

export function memoryJournal(): Journal & { readonly of: Map<string, StepRecord[]> } {
  const of = new Map<string, StepRecord[]>();
  return {
    of,
    read: async (job) => structuredClone(of.get(job) ?? []),
    append: async (job, record) => {
      const records = of.get(job) ?? [];
      if (!records.some(({ step }) => step === record.step))
        of.set(job, [...records, JSON.parse(JSON.stringify(record)) as StepRecord]);
    },
  };
}

export interface Asked {
  readonly stage: string;
  readonly model: string | undefined;
  readonly text: string;
}

/** One answer: the object that the model gives, or what it says and calls instead. */
export type Reply =
  | Readonly<Record<string, unknown>>
  | { readonly raw: string; readonly calls?: readonly string[] };

/** A model that answers by stage. A stage without an answer finds nothing. */
export function scriptedModel(
  replies: Readonly<Partial<Record<string, Reply | ((text: string, turn: number) => Reply)>>>,
): ReviewModel & { readonly asked: Asked[]; readonly requests: ModelRequest[] } {
  const asked: Asked[] = [];
  const requests: ModelRequest[] = [];
  return {
    asked,
    requests,
    answer: async (request, signal) => {
      const { stage, messages, model } = request;
      requests.push(request);
      signal.throwIfAborted();
      const text = messages.map(({ content }) => content).join('\n');
      const turn = messages.filter(({ role }) => role === 'assistant').length;
      asked.push({ stage, model, text });
      const reply = replies[stage] ?? NOTHING[stage] ?? {};
      const given = typeof reply === 'function' ? reply(text, turn) : reply;
      const raw = 'raw' in given && typeof given.raw === 'string' ? given.raw : JSON.stringify(given);
      const calls = 'calls' in given && Array.isArray(given.calls) ? given.calls.map(String) : [];
      const usage = { promptTokens: 1_000, completionTokens: 100, costUsd: 0.0002 };
      return { content: raw, calls, complete: true, usage };
    },
  };
}

const NOTHING: Readonly<Record<string, Reply>> = {
  review: { findings: [] },
  docs: { edits: [] },
  tests: { files: [] },
  verify: { raw: '{"verdicts":[]}' },
};

/** Every claim is borne out. */
export function allSupported(text: string): Reply {
  const claims = [...text.matchAll(/^CLAIM (\d+)$/gm)].map(([, number]) => Number(number));
  return { verdicts: claims.map((claim) => ({ claim, evidence: 'it is there', verdict: 'supported' })) };
}

import type { JsonObject } from '../test/support/plans/corpus.ts';
import { PlanRecorder } from '../test/support/plans/recorder.ts';
import { digestOf } from '../test/support/recorded.ts';
import {
  CHANGES,
  type ChangesName,
  filesOf,
  type RecordedMove,
  type RecordedStep,
} from '../test/support/recorded-changes.ts';
import type { Synthesized } from '../test/support/synth.ts';

interface PlannedChange {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: JsonObject | null;
    readonly after: JsonObject | null;
    readonly after_unknown: JsonObject;
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

/** What Terraform says when `prevent_destroy` holds a resource. */
const REFUSAL = /Instance cannot be destroyed[\s\S]*Resource\s+(\S+)\s+has\s+lifecycle\.prevent_destroy/;

/**
 * Plans from one edit of a shipped environment to the next, each of a state that is made from the plan of what was there
 * before. No cloud and no engine is asked.
 */
export async function recordChanges(name: ChangesName): Promise<Readonly<Record<string, RecordedMove>>> {
  const { provider, synth, moves } = CHANGES[name];
  const recorder = new PlanRecorder(process.env.TF_PLUGIN_DIR);
  const recorded: Record<string, RecordedMove> = {};
  try {
    for (const [what, { from, to }] of Object.entries(moves)) {
      const [before, after] = [synth(...from), synth(...to)];
      const outcome = await recorder
        .planBetween(
          provider,
          { before: configurationOf(before, provider), after: configurationOf(after, provider) },
          { files: { before: filesOf(before), after: filesOf(after) } },
        )
        .then(changesIn, refusalIn);
      recorded[what] = { stacks: [digestOf(before), digestOf(after)], ...outcome };
    }
  } finally {
    await recorder.end();
  }
  return recorded;
}

/** Plans ask nobody: a token that nobody issued, an engine that answers nothing but a ping. */
function configurationOf({ json }: Synthesized, provider: 'docker' | 'google'): JsonObject {
  const offline = { google: { access_token: 'none' }, docker: { host: 'unix://docker.sock' } }[provider];
  const { provider: providers, ...rest } = json as { provider: Record<string, JsonObject[]> } & JsonObject;
  const settings = { ...providers[provider]?.[0], ...offline };
  return { ...rest, provider: { ...providers, [provider]: [settings] } } as unknown as JsonObject;
}

function changesIn(plan: JsonObject): Pick<RecordedMove, 'changes'> {
  const all = (plan.resource_changes ?? []) as unknown as readonly PlannedChange[];
  return {
    changes: all
      .filter(({ change }) => change.actions.join() !== 'no-op')
      .map(stepOf)
      .toSorted((a, b) => a.address.localeCompare(b.address)),
  };
}

function stepOf({ address, change }: PlannedChange): RecordedStep {
  const action = change.actions.join(' ');
  if (action === 'update') return { address, action, attributes: differing(change) };
  const because = (change.replace_paths ?? []).map((path) => path.join('.'));
  return because.length === 0 ? { address, action } : { address, action, because };
}

function differing({ before, after, after_unknown: unknown }: PlannedChange['change']): string[] {
  const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {}), ...Object.keys(unknown)]);
  return [...keys]
    .filter((key) => unknown[key] === true || JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]))
    .toSorted();
}

/** @throws the error, where it is another one */
function refusalIn(error: unknown): Pick<RecordedMove, 'changes' | 'refused'> {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const refused = REFUSAL.exec(said.replaceAll(/^[│╷╵] ?/gm, ''))?.[1];
  if (refused === undefined) throw error;
  return { changes: [], refused };
}

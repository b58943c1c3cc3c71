import type { Environment } from '../../contracts/environment.ts';
import { weightedReleases } from '../../contracts/release.ts';
import { splitOf } from '../../contracts/split.ts';
import { type Move, movesBetween } from '../../contracts/split-moves.ts';
import type { EnvironmentReport } from '../../plan/report.ts';
import { check } from '../commands/check.ts';
import type { Context } from '../context.ts';
import { Failure, Interrupted } from '../errors.ts';
import { writeEnvironmentText } from './environment-text.ts';
import { type ChangedLine, changedLines } from './line-diff.ts';

/** What a change of an environment file would do. */
export interface Preview {
  readonly lines: readonly ChangedLine[];
  readonly moves: readonly Move[];
  /** Absent: it was not planned beforehand, and the deploy shows its own plan. */
  readonly report?: EnvironmentReport;
}

export interface PreviewProps {
  readonly before: { readonly text: string; readonly environment: Environment };
  readonly after: { readonly text: string; readonly environment: Environment };
  readonly model: string;
}

export function preview({ before, after, model }: PreviewProps): Preview {
  return {
    lines: changedLines(before.text, after.text),
    moves: movesOfModel(before.environment, after.environment, model),
  };
}

/**
 * The same with the plan of the changed file. Only the file itself can be synthesized, so it has the new text while
 * Terraform plans, and the old one again afterwards, also after Ctrl-C.
 */
export async function previewWithPlan(props: PreviewProps, context: Context): Promise<Required<Preview>> {
  const { before, after } = props;
  const { name } = before.environment;
  let interrupted = false;
  const end = context.onInterrupt(() => {
    interrupted = true;
  });
  writeEnvironmentText(context.project, name, after.text);
  try {
    const flags = { fileOnly: false, synthOnly: false, class: 'production' } as const;
    const [report] = (await check([name], flags, context)).environments;
    if (interrupted) throw new Interrupted('interrupted; nothing was changed');
    if (report === undefined) throw new Failure(`${name} was not planned`);
    return { ...preview(props), report };
  } finally {
    writeEnvironmentText(context.project, name, before.text);
    end();
  }
}

/** The conversations of a model that another environment file sends elsewhere. */
export function movesOfModel(before: Environment, after: Environment, model: string): Move[] {
  const split = (environment: Environment) => ({
    ...splitOf(weightedReleases(environment, model)),
    salt: environment.models[model]?.salt ?? '',
  });
  return movesBetween(split(before), split(after));
}

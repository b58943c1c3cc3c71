import type { Environment } from '../../contracts/environment.ts';
import { type Judgement, judge } from '../../plan/judge.ts';
import { surroundingsOf } from '../../plan/of-environment.ts';
import { readPlan } from '../../plan/plan-json.ts';
import type { Suppression } from '../../plan/suppress.ts';
import type { Context } from '../context.ts';

/** A deployer makes machines, networks and identities: there is no smaller role of Google for it. */
const DEPLOYER: readonly Suppression[] = [
  {
    rule: 'broad-permissions',
    address: 'google_project_iam_member.deploy_*',
    reason:
      'whoever deploys makes machines and identities; taken by one workflow alone, behind its reviewers',
    expires: '9999-12-31',
  },
];

/** What `fleet check` says of the plan of a bootstrap stack. */
export function judgedBootstrap(document: unknown, environment: Environment, { now }: Context): Judgement {
  return judge({
    plan: readPlan(document),
    surroundings: surroundingsOf(environment),
    suppressions: environment.platform === 'google' ? DEPLOYER : [],
    today: new Date(now()).toISOString().slice(0, 10),
  });
}

import { type Fate, fateOfGroup } from './fate.ts';
import { countOf, GROUPS, Templates } from './nodes.ts';
import type { Resources } from './resources.ts';
import { labelsOf, type Subject } from './subject.ts';
import { UNKNOWN } from './view.ts';

/** Routers that come and go together: a group whose label or tag `fleet-part` is `router`. */
export interface RouterGroup {
  readonly subject: Subject;
  /** How many there are now; an unknown number is more than any. */
  readonly before: number;
  readonly fate: Fate;
}

/** The groups of routers that are there before a plan. */
export function routerGroups(resources: Resources): RouterGroup[] {
  const templates = new Templates(resources);
  return resources.all(...GROUPS).flatMap((subject) => {
    const template = templates.of(subject);
    if (subject.before === undefined || !isRouter(subject, template)) return [];
    const before = countOf(subject, subject.before);
    const after = subject.after === undefined ? 0 : countOf(subject, subject.after);
    return [
      {
        subject,
        before: before === UNKNOWN ? Number.POSITIVE_INFINITY : before,
        fate: fateOfGroup(subject, template, before, after),
      },
    ];
  });
}

/** Google's groups have no labels: their template's machines do. */
function isRouter(subject: Subject, template: Subject | undefined): boolean {
  const views = [subject.before, subject.after, template?.before, template?.after];
  return views.some((view) => view !== undefined && labelsOf(view)['fleet-part'] === 'router');
}

import type { Place } from './place.ts';

/** Id of a role that an environment makes in its project: letters, digits, `_` and `.` */
export function customRoleId({ environment }: Place, part: string): string {
  return `fleet_${environment.replaceAll(/[^a-z0-9_.]/g, '_')}_${part}`;
}

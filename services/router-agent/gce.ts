import { z } from 'zod';
import { MACHINE_LABELS, machineLabel, nameOfLabel } from '../../contracts/machine-label.ts';
import { type AskGoogle, refusalOf, wordsOf } from '../common/google.ts';
import type { Machine, MachinePlace } from './machines.ts';

const Page = z.object({
  items: z
    .array(
      z.object({
        labels: z.record(z.string(), z.string()).optional(),
        networkInterfaces: z.array(z.object({ networkIP: z.string().optional() })).optional(),
      }),
    )
    .optional(),
  nextPageToken: z.string().optional(),
});
type Page = z.output<typeof Page>;
type Item = NonNullable<Page['items']>[number];

const FIELDS = 'items(labels,networkInterfaces/networkIP),nextPageToken';

/** The running machines of an environment in a zone, by their labels. */
export function gceMachines(
  ask: AskGoogle,
  project: string,
  zone: string,
  environment: string,
): MachinePlace {
  const filter = `labels.${MACHINE_LABELS.environment}=${machineLabel(environment)} AND status=RUNNING`;

  async function page(pageToken: string | undefined): Promise<Page> {
    const query = { filter, fields: FIELDS, ...(pageToken === undefined ? {} : { pageToken }) };
    const response = await ask('compute', `projects/${project}/zones/${zone}/instances`, query);
    if (!response.ok) throw new Error(await refusalOf(response));
    return Page.parse(await response.json());
  }

  return {
    name: zone,
    async find() {
      const found: Machine[] = [];
      try {
        let token: string | undefined;
        do {
          const { items = [], nextPageToken } = await page(token);
          found.push(...items.flatMap(machineOf));
          token = nextPageToken;
        } while (token !== undefined);
      } catch (error) {
        throw new Error(`machines of ${environment} in ${zone}: ${wordsOf(error)}`, { cause: error });
      }
      return found;
    },
  };
}

/** None while it has no address or lacks a label. */
function machineOf({ labels = {}, networkInterfaces = [] }: Item): Machine[] {
  const address = networkInterfaces[0]?.networkIP;
  const [model, release] = [labels[MACHINE_LABELS.model], labels[MACHINE_LABELS.release]];
  if (address === undefined || model === undefined || release === undefined) return [];
  return [{ model: nameOfLabel(model), release: nameOfLabel(release), address }];
}

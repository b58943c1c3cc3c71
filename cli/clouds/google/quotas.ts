import { z } from 'zod';
import { CloudError, type MachineNeed, type Quota } from '../cloud.ts';
import type { GoogleClient } from './client.ts';

/**
 * Older GPUs have a quota each, newer ones share one with a dimension `gpu_family`. Spot and flex-start count against the
 * preemptible one; a reservation has its GPUs already.
 */
const OWN_QUOTA: Readonly<Record<string, string>> = {
  L4: 'NVIDIA-L4-GPUS',
  'A100-40GB': 'NVIDIA-A100-GPUS',
  'A100-80GB': 'NVIDIA-A100-80GB-GPUS',
};
const FAMILY: Readonly<Record<string, string>> = {
  H100: 'NVIDIA_H100',
  H200: 'NVIDIA_H200',
  B200: 'NVIDIA_B200',
};
const FAMILY_QUOTA = 'GPUS-PER-GPU-FAMILY-per-project-region';

const QuotaInfo = z.object({
  dimensionsInfos: z
    .array(
      z.object({
        dimensions: z.record(z.string(), z.string()).optional(),
        details: z.object({ value: z.string().optional() }).optional(),
        applicableLocations: z.array(z.string()).optional(),
      }),
    )
    .default([]),
});

interface Wanted {
  readonly id: string;
  readonly family?: string;
  readonly needed: number;
}

/** The region's GPU limits, each against all machines that count against it. */
export function gpuQuotas(
  client: GoogleClient,
  region: string,
  needs: readonly MachineNeed[],
): Promise<Quota[]> {
  const wanted = new Map<string, Wanted>();
  for (const need of needs) {
    const quota = quotaOf(need);
    if (quota === undefined) continue;
    const key = `${quota.id} ${quota.family ?? ''}`;
    const gpus = need.count * need.machine.gpus;
    wanted.set(key, { ...quota, needed: (wanted.get(key)?.needed ?? 0) + gpus });
  }
  return Promise.all([...wanted.values()].map((one) => look(client, region, one)));
}

function quotaOf({ machine: { gpu }, from }: MachineNeed): Omit<Wanted, 'needed'> | undefined {
  if (from === 'reservation') return undefined;
  const preemptible = from === 'on-demand' ? '' : 'PREEMPTIBLE-';
  const own = OWN_QUOTA[gpu];
  if (own !== undefined) return { id: `${preemptible}${own}-per-project-region` };
  const family = FAMILY[gpu];
  if (family === undefined) return { id: `GPUs of type ${gpu}` };
  return preemptible === ''
    ? { id: FAMILY_QUOTA, family }
    : { id: `${preemptible}${family.replaceAll('_', '-')}-GPUS-per-project-region` };
}

async function look(client: GoogleClient, region: string, { id, family, needed }: Wanted): Promise<Quota> {
  const name = family === undefined ? id : `${id} ${family}`;
  const dimensions = [`region=${region}`, ...(family === undefined ? [] : [`gpu_family=${family}`])].join(
    ',',
  );
  const quota = {
    name,
    unit: 'GPUs',
    needed,
    fix: `gcloud beta quotas preferences create --project=${client.project} --service=compute.googleapis.com --quota-id=${id} --dimensions=${dimensions} --preferred-value=${needed}`,
  } as const;
  if (id.includes(' ')) return { ...quota, why: 'fleet does not know the quota of this GPU' };
  try {
    const path = `projects/${client.project}/locations/global/services/compute.googleapis.com/quotaInfos/${id}`;
    const info = await client.get('cloudQuotas', path, QuotaInfo);
    if (info === undefined) return { ...quota, why: 'the project has no such quota' };
    const limit = limitIn(info, region, family);
    return limit === undefined ? { ...quota, why: `it says nothing of ${region}` } : { ...quota, limit };
  } catch (error) {
    if (error instanceof CloudError) return { ...quota, why: error.message };
    throw error;
  }
}

/** The entry that names the region counts before the one for all that have none of their own. */
function limitIn(
  { dimensionsInfos }: z.output<typeof QuotaInfo>,
  region: string,
  family: string | undefined,
): number | undefined {
  const entries = dimensionsInfos.filter(
    ({ dimensions, applicableLocations }) =>
      (family === undefined || dimensions?.gpu_family === family) &&
      (dimensions?.region === region ||
        (dimensions?.region === undefined && applicableLocations?.includes(region) === true)),
  );
  const entry = entries.find(({ dimensions }) => dimensions?.region === region) ?? entries[0];
  if (entry === undefined) return undefined;
  // A value of zero is left out of the JSON.
  const value = Number(entry.details?.value ?? '0');
  return value === -1 ? Number.POSITIVE_INFINITY : value;
}

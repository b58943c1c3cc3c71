import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { CloudError, type MachineNeed, type Quota } from '../cloud.ts';
import { asked, clientOptions } from './client.ts';

interface Code {
  readonly code: string;
  readonly name: string;
}

const P: Code = { code: 'L-417A185B', name: 'Running On-Demand P instances' };
const G: Code = { code: 'L-DB2E81BA', name: 'Running On-Demand G and VT instances' };
const P4_SPOT: Code = { code: 'L-7212CCBC', name: 'All P4, P3 and P2 Spot Instance Requests' };
const P5_SPOT: Code = { code: 'L-C4BD4855', name: 'All P5 Spot Instance Requests' };
const G_SPOT: Code = { code: 'L-3819A6DF', name: 'All G and VT Spot Instance Requests' };

/** Limits of running GPU machines, counted in vCPUs. Reservations and capacity blocks have their machines already. */
export function vcpuQuotas(region: string, needs: readonly MachineNeed[]): Promise<Quota[]> {
  const client = new ServiceQuotasClient(clientOptions(region));
  const groups = new Map<string, MachineNeed[]>();
  for (const need of needs.filter(({ from }) => from !== 'reservation' && from !== 'capacity-block')) {
    const key = codeOf(need)?.code ?? `${need.from} ${need.name}`;
    groups.set(key, [...(groups.get(key) ?? []), need]);
  }
  return Promise.all([...groups.values()].map((group) => look(client, region, group)));
}

function codeOf({ name, from }: MachineNeed): Code | undefined {
  const spot = from === 'spot';
  if (/^(g|vt)\d/.test(name)) return spot ? G_SPOT : G;
  if (!/^p\d/.test(name)) return undefined;
  if (!spot) return P;
  if (/^p[234]/.test(name)) return P4_SPOT;
  return name.startsWith('p5') ? P5_SPOT : undefined;
}

async function look(
  client: ServiceQuotasClient,
  region: string,
  group: readonly MachineNeed[],
): Promise<Quota> {
  const [first] = group;
  const code = first === undefined ? undefined : codeOf(first);
  const needed = group.reduce((sum, { count, machine }) => sum + count * (machine.vcpus ?? Number.NaN), 0);
  const quota = { name: code?.name ?? `${first?.from} ${first?.name}`, unit: 'vCPUs', needed } as const;
  if (code === undefined) {
    const fix = `aws service-quotas list-service-quotas --service-code ec2 --region ${region}`;
    return { ...quota, fix, why: 'fleet does not know the quota of this machine' };
  }
  const place = `--service-code ec2 --quota-code ${code.code}`;
  const fix = `aws service-quotas request-service-quota-increase ${place} --desired-value ${needed} --region ${region}`;
  if (Number.isNaN(needed)) return { ...quota, fix, why: 'the vCPUs of the machine are not known' };
  try {
    const found = await asked(
      'service quotas',
      client.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: code.code })),
    );
    const limit = found?.Quota?.Value;
    return limit === undefined
      ? { ...quota, fix, why: `the account has no quota ${code.code}` }
      : { ...quota, fix, limit };
  } catch (error) {
    if (error instanceof CloudError) return { ...quota, fix, why: error.message };
    throw error;
  }
}

import { z } from 'zod';
import type { SecretStore } from '../cloud.ts';
import type { GoogleClient } from './client.ts';

const Version = z.object({ state: z.string() });
const Payload = z.object({ payload: z.object({ data: z.string().optional() }) });

/** Secret Manager. References name a secret of the environment's project. */
export function secretManager(client: GoogleClient): SecretStore {
  const path = (id: string) => `projects/${client.project}/secrets/${encodeURIComponent(id)}`;
  const exists = async (id: string) =>
    (await client.get('secretManager', path(id), z.object({}))) !== undefined;
  return {
    state: async (id) => {
      const version = await client.get('secretManager', `${path(id)}/versions/latest`, Version);
      if (version?.state === 'ENABLED') return 'present';
      return (await exists(id)) ? 'empty' : 'absent';
    },
    read: async (id) => {
      // A version that is disabled or destroyed is a failed precondition.
      const url = client.url('secretManager', `${path(id)}/versions/latest:access`);
      const response = await client.send(url, { answers: [400, 404] });
      if (!response.ok) return undefined;
      const { payload } = await client.parse(response, Payload);
      return Buffer.from(payload.data ?? '', 'base64').toString('utf8');
    },
    write: async (id, value) => {
      const isNew = !(await exists(id));
      if (isNew) {
        const url = client.url('secretManager', `projects/${client.project}/secrets`);
        url.searchParams.set('secretId', id);
        // Somebody else may have made it meanwhile.
        await client.send(url, { method: 'POST', json: { replication: { automatic: {} } }, answers: [409] });
      }
      const data = Buffer.from(value).toString('base64');
      const url = client.url('secretManager', `${path(id)}:addVersion`);
      await client.send(url, { method: 'POST', json: { payload: { data } }, answers: [] });
      return isNew ? 'created' : 'new version';
    },
  };
}

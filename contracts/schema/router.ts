import { z } from 'zod';
import { Duration, Name, Port } from './values.ts';

export const Router = z.strictObject({
  port: Port.default(8090),
  adminPort: Port.default(8092),
  agentPort: Port.default(8093),
  key: Name.describe('a name under secrets: the hop gateway → router → egress'),
  longestAnswer: Duration.default('30m').describe(
    'streams longer than this are cut when an old nginx worker ends',
  ),
  machine: z
    .string()
    .min(1)
    .optional()
    .describe('type of the two router machines on google and aws; default e2-standard-2, c6i.large'),
});

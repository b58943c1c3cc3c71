import { z } from 'zod';
import { Name } from './values.ts';

/** What the sections `google` and `aws` have in common. */
export const Cloud = {
  zones: z.array(z.string().min(1)).min(1).describe('zones of the region that machines may run in'),
  network: z
    .strictObject({
      cidr: z
        .string()
        .regex(
          /^(10|172|192)\.\d{1,3}\.\d{1,3}\.0\/16$/,
          'must be a private range of 65,536 addresses such as 10.64.0.0/16',
        )
        .default('10.64.0.0/16')
        .describe("the environment's own network, cut into subnets by the toolkit"),
      nodesReachInternet: z
        .boolean()
        .default(true)
        .describe('false: images come from a private registry, weights from `weights.bucket`'),
    })
    .prefault({}),
  weights: z
    .strictObject({
      bucket: z
        .string()
        .min(3)
        .optional()
        .describe('bucket that `fleet weights push` fills; default: nodes fetch from the model hub'),
      hubToken: Name.optional().describe('a name under secrets: token of the model hub'),
    })
    .prefault({}),
  nodeImage: z
    .string()
    .min(1)
    .optional()
    .describe(
      'machine image with GPU driver: an AMI id with a container engine, or a Google image (Ubuntu’s own get the engine at boot); `fleet doctor` names the newest',
    ),
  routerImage: z
    .string()
    .min(1)
    .optional()
    .describe(
      'machine image of routers, without GPU driver; an image of your own needs a container engine; default: `nodeImage`',
    ),
} as const;

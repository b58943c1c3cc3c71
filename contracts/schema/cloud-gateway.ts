import { z } from 'zod';
import { Seconds } from './values.ts';

/** Instances of the gateway, which the platform makes and ends by load. */
const Instances = z.strictObject({
  least: z.int().min(1).max(100).default(2),
  most: z.int().min(1).max(100).default(10),
  cpus: z
    .union([z.literal(1), z.literal(2), z.literal(4)])
    .default(1)
    .describe('of each'),
  memoryGiB: z.int().min(1).max(16).default(2).describe('of each'),
  concurrency: z
    .int()
    .min(1)
    .max(1000)
    .default(250)
    .describe('platform google: requests that one instance works on at a time'),
});

/** What the section `gateway` says on platforms google and aws alone. */
export const CloudGateway = {
  domain: z
    .string()
    .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'must be a host name such as llm.example.com')
    .optional()
    .describe('platforms google and aws: host name that clients use'),
  certificate: z
    .string()
    .regex(
      /^arn:aws[\w-]*:acm:[a-z0-9-]+:\d+:certificate\/[\w-]+$/,
      'must be the ARN of a certificate of ACM',
    )
    .optional()
    .describe('platform aws: certificate of the domain; google makes its own'),
  firewall: z
    .string()
    .min(1)
    .optional()
    .describe('rules in front of a public gateway: a Cloud Armor policy, or the ARN of a WAF web ACL'),
  instances: Instances.prefault({}).describe('platforms google and aws'),
  requestTimeout: Seconds.max(3600)
    .default(1800)
    .describe('platforms google and aws: seconds that a request may take at most'),
} as const;
